#pragma once

#include <cstdint>
#include <string_view>

#include "base/random.hpp"
#include "crowd/history.hpp"
#include "crowd/plan.hpp"
#include "crowd/reactor.hpp"

namespace marketday::crowd {

/// What one process of the crowd has for itself: its share of the plan and where it writes. `index` of `count` takes
/// every count-th arrival.
struct Share {
    const Plan& plan;
    Tally& tally;
    SharedRecords& records;
    std::uint32_t index = 0;
    std::uint32_t count = 1;
    std::uint32_t connections_max = 18'000;
};

/// Each shopper once: looks, searches, queues, orders, pays (Mode::rush and Mode::replay). Returns when all have ended.
void run_rush(const Share& share);

/// A stream of orders by random customers over kept connections (Mode::steady). Returns when the last has its answer.
void run_steady(const Share& share);

// Shared by both.

/// Keys that no other run, process or order has.
KeyBytes random_key(SeededRandom& random);

/// What a lost connection is called in the history.
std::string_view reason_of(Reactor::Loss loss);

/// How long to wait before the `attempt`-th (1..) try again: 50 ms doubling to 1 s, half of it by chance.
std::int64_t back_off_us(std::uint32_t attempt, SeededRandom& random);

/// Writes a finished operation and counts it.
void conclude(const Share& share, Record& record, Outcome outcome, std::string_view reason);

}  // namespace marketday::crowd
