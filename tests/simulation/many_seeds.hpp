#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/simulation/market.hpp"

namespace marketday::simulation {

/// Runs many seeds in processes of their own, so that an assertion of the product is a finding like any other.
struct SeedsWanted {
    std::uint64_t from = 1;
    std::uint64_t count = 1;
    std::optional<std::chrono::duration<double>> time;  // no seed is begun after it
    std::size_t jobs = 1;
    Planted planted = Planted::none;
    const std::atomic<bool>* stop = nullptr;  // set: end now, with what is done
};
struct SeedsDone {
    std::uint64_t seeds = 0;
    std::uint64_t events = 0;
    std::uint64_t faults = 0;
    std::uint64_t deaths = 0;
    std::uint64_t shoppers = 0;
    std::uint64_t orders = 0;
    std::uint64_t paid = 0;
    std::uint64_t expired = 0;
    std::uint64_t refunded = 0;
    double virtual_s = 0;
    double virtual_s_max = 0;
    double took_s = 0;
    std::uint64_t hash = 0;                    // over the hashes of all runs, in whatever order they ended
    std::optional<std::uint64_t> failed_seed;  // the lowest that failed
    std::string violation;
};
/// `progress` is called a few times a second. Stops at the first failure.
SeedsDone run_seeds(const SeedsWanted& wanted, const std::function<void(const SeedsDone&)>& progress);

}  // namespace marketday::simulation
