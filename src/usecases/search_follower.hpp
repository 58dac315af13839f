#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "base/async/task.hpp"
#include "base/async/wait.hpp"
#include "base/time.hpp"
#include "ports/catalogue.hpp"
#include "ports/search_index.hpp"

namespace marketday::usecases {

/// Keeps the search index up with the catalogue: takes over what changed since the index's own position, again and
/// again, and from the first change when the index is empty. Failing stores are asked again after a while. One
/// executor.
class SearchFollower {
public:
    struct Options {
        milliseconds poll = milliseconds{500};
        milliseconds after_failure = milliseconds{2000};
        std::size_t changes_per_batch = 1000;  // 1..10,000
    };
    SearchFollower(ports::Catalogue& catalogue, ports::SearchIndex& index, Options options, const Clock& clock)
        : catalogue_(catalogue), index_(index), options_(options), clock_(clock) {}

    /// Runs until `stop`.
    Task<void> run();
    /// Returns when the index has all that the catalogue had, or false when a store failed.
    Task<bool> catch_up();
    void stop() { stop_.set(); }
    /// Told of each change number that the index has reached, on the follower's executor. Before `run`.
    void on_applied(std::function<void(std::int64_t change)> applied) { on_applied_ = std::move(applied); }

    struct Lag {
        std::int64_t applied_change = 0;
        std::int64_t applied_total = 0;  // changes taken over since the start
        bool catching_up = false;
        /// How long the index has not been known to be up with the catalogue.
        milliseconds behind{0};
    };
    Lag lag() const;

private:
    ports::Catalogue& catalogue_;
    ports::SearchIndex& index_;
    Options options_;
    const Clock& clock_;
    Event stop_;
    std::function<void(std::int64_t)> on_applied_;
    std::int64_t applied_change_ = 0;
    std::int64_t applied_total_ = 0;
    bool catching_up_ = true;
    Instant level_at_ = clock_.now();
};

}  // namespace marketday::usecases
