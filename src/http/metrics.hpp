#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// One value of a metric at one moment.
struct Sample {
    enum class Kind : std::uint8_t { counter, gauge };
    Kind kind = Kind::gauge;
    std::string name;  // marketday_…_seconds, …_total
    std::string help;
    std::vector<std::pair<std::string, std::string>> labels;
    double value = 0;
};

/// What /metrics tells (Prometheus text format 0.0.4): requests by route, kept here, and whatever the collectors give
/// when asked. Thread-safe.
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    /// Counts one answer. `listener`: "shop" or "operators". Cheap enough for every request.
    void observe(std::string_view listener, const Route* route, int status, std::chrono::nanoseconds took);

    /// Asked at each scrape, on the scraping thread: reads only what any thread may read.
    using Collect = std::function<void(std::vector<Sample>&)>;
    void add_collector(Collect collect);

    std::string render() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// CPU, memory, descriptors and disk of this process, and the machine's network, from /proc.
void collect_process(std::vector<Sample>& samples);

/// GET /metrics, on the operators' listener: for a scraper on the operators' network, without a token.
Route metrics_route(const Metrics& metrics);

}  // namespace marketday::http
