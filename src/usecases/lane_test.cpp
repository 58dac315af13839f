#include "usecases/lane.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "base/async/sim_executor.hpp"
#include "base/async/task.hpp"

namespace marketday::usecases {
namespace {

enum class StoreError : std::uint8_t { unavailable, outcome_unknown };
using TestLane = Lane<int, int, StoreError>;

/// A store that takes so long for a batch, whatever its size, and what became of those who came.
struct Counter {
    SimExecutor executor{1};
    milliseconds batch_takes;
    bool writes_one_at_a_time = false;
    Instant free_at{};
    TestLane lane;
    std::vector<double> waits_ms;
    int refused = 0;

    explicit Counter(TestLane::Options options, milliseconds takes = milliseconds{20})
        : batch_takes(takes), lane(executor, options, [this](const std::vector<int>& items) { return write(items); }) {}

    Task<Result<std::vector<int>, StoreError>> write(std::vector<int> items) {
        free_at = std::max(free_at, executor.now()) + batch_takes;
        co_await sleep_for(writes_one_at_a_time ? free_at - executor.now() : batch_takes);
        co_return items;
    }

    Task<void> order() {
        const Instant begun = executor.now();
        auto verdict = co_await lane.submit(1, begun + seconds{30});
        const double waited_ms = std::chrono::duration<double, std::milli>(executor.now() - begun).count();
        if (verdict) waits_ms.push_back(waited_ms);
        refused += !verdict;
    }

    /// So many come each millisecond.
    void come(int each_ms, int for_ms) {
        for (int ms = 0; ms < for_ms; ++ms) {
            for (int i = 0; i < each_ms; ++i) spawn(executor, "order", order());
            executor.run_for(milliseconds{1});
        }
        executor.run_for(seconds{60});
    }
    double p99_ms() {
        std::ranges::sort(waits_ms);
        return waits_ms[waits_ms.size() * 99 / 100];
    }
};

// 100 a batch of 20 ms: 5 a millisecond is what it can take.
constexpr TestLane::Options kShedding{
    .depth_max = 20'000, .batch_max = 100, .batches_under_way = 1, .wait_max = milliseconds{100}};

TEST(Lane, at_twice_what_it_can_take_those_taken_wait_little_and_nearly_all_it_can_take_is_taken) {
    Counter counter{kShedding};
    counter.come(10, 4000);
    EXPECT_LT(counter.p99_ms(), 250);
    EXPECT_GT(counter.waits_ms.size(), 4000 * 5 * 0.95);
    EXPECT_GT(counter.refused, 4000 * 4);
}

TEST(Lane, after_a_while_without_orders_it_has_rested) {
    Counter counter{kShedding};
    spawn(counter.executor, "order", counter.order());
    counter.executor.run_for(milliseconds{10});
    EXPECT_FALSE(counter.lane.has_rested(milliseconds{0}));  // it writes
    counter.executor.run_for(milliseconds{1000});
    EXPECT_FALSE(counter.lane.has_rested(seconds{2}));
    counter.executor.run_for(milliseconds{1100});
    EXPECT_TRUE(counter.lane.has_rested(seconds{2}));
}

TEST(Lane, without_the_limit_everybody_waits_for_as_long_as_the_lane_is_deep) {
    auto options = kShedding;
    options.wait_max = milliseconds{0};
    Counter counter{options};
    counter.come(10, 4000);
    EXPECT_GT(counter.p99_ms(), 2000);
}

TEST(Lane, below_what_it_can_take_nobody_is_refused) {
    Counter counter{kShedding};
    counter.come(4, 4000);
    EXPECT_EQ(counter.refused, 0);
}

TEST(Lane, a_slow_store_that_writes_one_batch_at_a_time_is_not_given_two) {
    auto options = kShedding;
    options.batches_under_way = 2;
    Counter counter{options, milliseconds{85}};
    counter.writes_one_at_a_time = true;
    counter.come(1, 1000);  // It learns how slow the store is.
    counter.waits_ms.clear();
    counter.come(4, 4000);
    EXPECT_LT(counter.p99_ms(), 250);
    EXPECT_GT(counter.waits_ms.size(), 4000 / 85 * 100 * 0.95);
}

TEST(Lane, whoever_has_waited_for_a_batch_that_took_far_too_long_is_told_instead_of_waiting_for_another) {
    Counter counter{kShedding, milliseconds{80}};
    for (int ms = 0; ms < 2000; ++ms) {
        counter.batch_takes = milliseconds{ms >= 1000 && ms < 1080 ? 300 : 80};  // one of them
        for (int i = 0; i < 4; ++i) spawn(counter.executor, "order", counter.order());
        counter.executor.run_for(milliseconds{1});
    }
    counter.executor.run_for(seconds{60});
    // Those of the batch itself, and of the hundred who waited for it, and then for one of their own, half: the store
    // is not left without work.
    const auto long_waits = std::ranges::count_if(counter.waits_ms, [](double ms) { return ms > 290; });
    EXPECT_GT(long_waits, 100);
    EXPECT_LT(long_waits, 160);
}

TEST(Lane, a_burst_that_comes_at_once_is_taken_whole_up_to_twice_the_wait) {
    Counter counter{kShedding};
    counter.come(900, 1);
    EXPECT_EQ(counter.refused, 0);
    counter.come(900, 1);
    EXPECT_EQ(counter.refused, 0);
    counter.come(5000, 1);
    EXPECT_GT(counter.refused, 3500);
    EXPECT_LT(counter.p99_ms(), 250);
}

TEST(Lane, a_store_whose_batches_are_slow_still_gets_full_ones) {
    Counter counter{kShedding, milliseconds{400}};
    counter.come(1, 8000);  // four times what it can take
    EXPECT_GT(counter.waits_ms.size(), 8000U / 400 * 100 * 0.9);
}

}  // namespace
}  // namespace marketday::usecases
