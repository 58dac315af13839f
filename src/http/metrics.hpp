#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/message.hpp"
#include "http/watch/request_figures.hpp"

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
/// when asked. Thread-safe, except for the counting of one listener's requests, which is its own thread's.
class Metrics {
public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    RequestFigures& shop() { return shop_; }
    RequestFigures& operators() { return operators_; }
    const RequestFigures& shop() const { return shop_; }
    const RequestFigures& operators() const { return operators_; }

    /// Asked at each scrape, on the scraping thread: reads only what any thread may read.
    using Collect = std::function<void(std::vector<Sample>&)>;
    void add_collector(Collect collect);
    /// What the collectors say now.
    std::vector<Sample> collect() const;

    std::string render() const;

private:
    struct State;
    std::unique_ptr<State> state_;
    RequestFigures shop_{"shop"};
    RequestFigures operators_{"operators"};
};

/// CPU, memory, descriptors and disk of this process, and the machine's network, from /proc.
void collect_process(std::vector<Sample>& samples);

/// GET /metrics, on the operators' listener: for a scraper on the operators' network, without a token.
Route metrics_route(const Metrics& metrics);

}  // namespace marketday::http
