#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/async/wait.hpp"
#include "base/time.hpp"
#include "http/event_stream.hpp"
#include "http/watch/board_history.hpp"
#include "http/watch/board_sampler.hpp"
#include "ports/order_book.hpp"

namespace marketday::http {

/// The live board: the last hour at one value a second, the sales of now, and everybody who watches. Lives on the
/// operators' executor, which goes on while the shop is saturated; what it tells of the store may then be older than a
/// second, never awaited.
class Board {
public:
    /// They live longer.
    Board(const Metrics& metrics, Executor& shop, ports::OrderBook& order_book, const Clock& clock);

    /// Samples at every whole second, until `stop`.
    Task<void> run();
    /// Samples now; `run` does it.
    void take_sample();
    void stop();

    /// `{"now",…,"series":[…],"sales":[…]}` of the last `seconds`.
    std::string json(std::span<const BoardSeries> series, std::int64_t seconds) const;
    /// A stream of samples: first those after the second `after` that are still kept (0: only the last), then each new
    /// one. It ends after a quarter of an hour: the client comes again by itself, and is asked who it is.
    std::shared_ptr<EventStream> watch(std::int64_t after);

    /// Adds the stock of the sales of now and the shop's lag, for /metrics.
    void collect(std::vector<Sample>& samples) const;

    const BoardHistory& history() const { return history_; }
    std::size_t watchers() const;

private:
    std::string event_of(std::int64_t unix_s, std::string_view sales) const;
    Task<void> read_sales();

    const Clock& clock_;
    ports::OrderBook& order_book_;
    LoopProbe probe_;
    BoardSampler sampler_;
    BoardHistory history_;
    std::string sales_ = "[]";
    std::vector<Sample> stock_;
    bool reading_sales_ = false;
    struct Watcher {
        std::shared_ptr<EventStream> stream;
        Instant since;
    };
    std::vector<Watcher> watchers_;
    Event stopped_;
};

}  // namespace marketday::http
