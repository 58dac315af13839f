#include "adapters/embedded/memory_rankings.hpp"

#include "tests/contract/rankings_contract.hpp"

namespace marketday::contract {
namespace {

class HandClock final : public Clock {
public:
    Instant now() const override { return Instant{} + time; }
    WallTime wall_now() const override { return from_unix_ms(1'800'000'000'000) + time; }
    milliseconds time{0};
};

class MemoryStore final : public RankingsStore {
public:
    ports::Rankings& rankings() override { return rankings_; }
    milliseconds window() const override { return std::chrono::minutes{60}; }
    void wait(milliseconds time) override { clock_.time += time; }

private:
    HandClock clock_;
    adapters::MemoryRankings rankings_{{}, clock_};
};

INSTANTIATE_TEST_SUITE_P(Memory, RankingsContract,
                         testing::Values(RankingsFactory{"memory", [] { return std::make_unique<MemoryStore>(); }}),
                         [](const auto& made) { return made.param.name; });

TEST(HeavyKeys, holds_no_more_than_its_capacity_and_never_counts_too_little) {
    adapters::HeavyKeys keys{16};
    std::map<std::string, std::int64_t> exact;
    for (int i = 0; i < 5000; ++i) {
        const std::string key = "k" + std::to_string(i % 7 == 0 ? i % 3 : i);
        ++exact[key];
        keys.add(key, 1);
    }
    EXPECT_EQ(keys.size(), 16u);
    keys.each([&](const std::string& key, std::int64_t count) {
        EXPECT_GE(count, exact[key]);
        EXPECT_LE(count, exact[key] + 5000 / 16);
    });
}

}  // namespace
}  // namespace marketday::contract
