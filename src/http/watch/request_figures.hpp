#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/watch/latency_histogram.hpp"

namespace marketday::http {

/// The requests that one listener has answered, by route. Counted by the listener's thread, without a lock and without
/// a search; read by any thread.
class RequestFigures {
public:
    struct OfRoute {
        std::array<std::atomic<std::uint64_t>, 6> by_class{};  // [2] counts 2xx
        std::atomic<std::uint64_t> declined{0};                // 503, which [5] counts too
        LatencyHistogram took;                                 // from the request's last byte to its answer
        std::uint64_t total() const;
    };

    /// `listener`: "shop" or "operators".
    explicit RequestFigures(std::string listener);
    ~RequestFigures();
    RequestFigures(const RequestFigures&) = delete;
    RequestFigures& operator=(const RequestFigures&) = delete;

    /// The server's own table, which must not change any more. Before the first request.
    void begin(const std::vector<Route>& routes);
    /// `route`: of that table, or null when there was none.
    void observe(const Route* route, int status, std::chrono::nanoseconds took);

    const std::string& listener() const { return listener_; }
    /// Every route with its counts; the last is "none" (null), for requests without a route.
    void each(const std::function<void(const Route*, const OfRoute&)>& visit) const;

private:
    std::string listener_;
    const Route* first_ = nullptr;
    std::size_t routes_ = 0;
    std::unique_ptr<OfRoute[]> counts_;
};

}  // namespace marketday::http
