#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>

#include "base/log.hpp"
#include "tests/simulation/order_path_world.hpp"

namespace marketday::simulation {
namespace {

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(OrderPathSimulation, everything_holds_whatever_dies_or_gets_lost) {
    log::set_level(log::Level::off);
    const std::uint64_t from = setting("MARKETDAY_SIM_FROM", 1);
    const std::uint64_t count = setting("MARKETDAY_SIM_COUNT", 300);
    std::size_t steps = 0;
    int deaths = 0;
    int granted = 0;
    for (std::uint64_t seed = from; seed < from + count; ++seed) {
        const RunReport report = run_order_path(seed, Planted::none);
        ASSERT_EQ(report.fault, "") << "replay with MARKETDAY_SIM_FROM=" << seed << " MARKETDAY_SIM_COUNT=1";
        steps += report.steps;
        deaths += report.deaths;
        granted += report.granted;
    }
    std::cout << count << " seeds from " << from << ": " << steps << " steps, " << deaths << " deaths, " << granted
              << " orders\n";
    EXPECT_GT(deaths, 0);
    EXPECT_GT(granted, 0);
}

TEST(OrderPathSimulation, one_seed_replays_exactly) {
    log::set_level(log::Level::off);
    const RunReport once = run_order_path(42, Planted::none);
    const RunReport again = run_order_path(42, Planted::none);
    EXPECT_EQ(once.steps, again.steps);
    EXPECT_EQ(once.granted, again.granted);
}

TEST(OrderPathSimulation, every_planted_fault_is_found) {
    log::set_level(log::Level::off);
    constexpr std::uint64_t kSeedsMax = 20;
    const std::pair<Planted, const char*> faults[] = {
        {Planted::acknowledges_before_commit, "acknowledges before its commit"},
        {Planted::forgets_keys, "forgets idempotency keys"},
        {Planted::forgets_the_limit, "forgets the limit a customer"},
        {Planted::releases_nothing, "loses a ledger entry"}};
    for (const auto& [planted, name] : faults) {
        std::uint64_t seed = 1;
        std::string found;
        for (; seed <= kSeedsMax && found.empty(); ++seed) found = run_order_path(seed, planted).fault;
        EXPECT_FALSE(found.empty()) << name << " was not found in " << kSeedsMax << " seeds";
        std::cout << name << ": found at seed " << seed - 1 << ": " << found << '\n';
    }
}

}  // namespace
}  // namespace marketday::simulation
