#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "base/async/blocking.hpp"
#include "base/time.hpp"
#include "domain/forecast.hpp"

namespace marketday::usecases {

/// What this machine can do, and how that is known. In order of trust: what the shop itself did while it was busy; a
/// trial of the store on this machine's disk; for requests, a figure of the benchmarks.
class Capacity {
public:
    /// Totals since the start; read by any thread.
    struct Done {
        std::uint64_t orders = 0;  // committed by lanes
        std::uint64_t order_batches = 0;
        std::chrono::nanoseconds order_time{0};  // of their batches
        std::uint64_t requests = 0;              // answered by the shop's thread
        std::chrono::nanoseconds shop_cpu{0};    // of that thread
    };
    struct Trial {
        double orders_per_s = 0;
        milliseconds commit{0};  // of one small batch
    };
    struct Options {
        std::uint64_t orders_min = 5'000;  // before the shop's own figures are trusted
        std::uint64_t requests_min = 20'000;
        double request_us = 25;  // assumed until then
        std::size_t lane_depth_max = 20'000;
    };
    /// `trial` blocks for half a second and throws when it cannot; it runs in `pool`, once.
    Capacity(std::function<Done()> done, std::function<Trial()> trial, BlockingPool& pool, Options options)
        : done_(std::move(done)), trial_(std::move(trial)), pool_(pool), options_(options) {}

    struct Known {
        domain::ForecastCapacity capacity;
        std::string_view store_basis;     // "own_orders", "trial"
        std::string_view requests_basis;  // "own_requests", "assumed"
        double request_us = 0;
    };
    /// Nothing when the trial failed or the pool is full. One caller at a time waits for the trial.
    Task<std::optional<Known>> measure();

private:
    std::function<Done()> done_;
    std::function<Trial()> trial_;
    BlockingPool& pool_;
    Options options_;
    std::optional<Trial> tried_;
};

}  // namespace marketday::usecases
