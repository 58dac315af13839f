#include "usecases/jobs_scheduler.hpp"

#include <gtest/gtest.h>

#include <map>

#include "base/async/sim_executor.hpp"

namespace marketday::usecases {
namespace {

/// Leases in memory that can be taken away.
class TestLeases final : public ports::Leases {
public:
    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string holder, WallTime,
                                                milliseconds) override {
        if (taken_by_another) co_return std::optional<ports::Fence>{};
        holders[lease] = holder;
        co_return std::optional{ports::Fence{lease, ++token}};
    }
    Answer<bool> renew(ports::Fence fence, WallTime, milliseconds) override {
        co_return !taken_by_another && fence.token == token;
    }
    Answer<std::monostate> release(ports::Fence fence) override {
        holders.erase(fence.lease);
        co_return std::monostate{};
    }
    bool taken_by_another = false;
    std::int64_t token = 0;
    std::map<std::string, std::string> holders;
};

struct Counted {
    int turns = 0;
    JobTurn next;
};

Task<JobTurn> count(Counted* counted) {
    ++counted->turns;
    co_await sleep_for(milliseconds{10});
    co_return counted->next;
}

Task<void> stop(Scheduler* scheduler, Instant deadline, std::optional<bool>* ended) {
    *ended = co_await scheduler->stop(deadline);
}

class SchedulerTest : public testing::Test {
protected:
    void start(milliseconds every) {
        scheduler_.add({"job", every, [this](ports::Fence) { return count(&counted_); }});
        scheduler_.start(executor_);
    }
    SimExecutor executor_{7};
    SeededRandom random_{7};
    TestLeases leases_;
    Counted counted_;
    Scheduler scheduler_{executor_, random_, leases_, {.holder = "me"}};
};

TEST_F(SchedulerTest, a_job_runs_at_about_its_interval) {
    start(milliseconds{200});
    executor_.run_for(seconds{21});
    EXPECT_NEAR(counted_.turns, 100, 15);
    EXPECT_TRUE(scheduler_.figures().at(0).leading);
}

TEST_F(SchedulerTest, work_that_is_left_is_taken_up_at_once) {
    counted_.next.more = true;
    start(milliseconds{200});
    executor_.run_for(seconds{1});
    EXPECT_GE(counted_.turns, 95);
}

TEST_F(SchedulerTest, a_failing_job_waits_longer_and_longer_up_to_a_limit) {
    counted_.next.failed = true;
    start(milliseconds{200});
    executor_.run_for(seconds{60});
    EXPECT_GT(counted_.turns, 6);
    EXPECT_LT(counted_.turns, 20);
    EXPECT_EQ(scheduler_.figures().at(0).failures, scheduler_.figures().at(0).turns);
}

TEST_F(SchedulerTest, without_the_lease_nothing_runs_and_a_lost_one_is_noticed) {
    leases_.taken_by_another = true;
    start(milliseconds{200});
    executor_.run_for(seconds{5});
    EXPECT_EQ(counted_.turns, 0);
    leases_.taken_by_another = false;
    executor_.run_for(seconds{5});
    EXPECT_GT(counted_.turns, 15);
    leases_.taken_by_another = true;
    executor_.run_for(seconds{6});
    const int turns = counted_.turns;
    executor_.run_for(seconds{5});
    EXPECT_EQ(counted_.turns, turns);
    EXPECT_FALSE(scheduler_.figures().at(0).leading);
}

TEST_F(SchedulerTest, the_work_of_a_role_needs_no_lease_and_runs_only_where_the_role_is) {
    Counted worked, looked_after, scheduled;
    scheduler_.add({"worker", milliseconds{200}, [&worked](ports::Fence) { return count(&worked); },
                    Scheduler::Where::every_worker});
    scheduler_.add({"web", milliseconds{200}, [&looked_after](ports::Fence) { return count(&looked_after); },
                    Scheduler::Where::every_web});
    scheduler_.add({"job", milliseconds{200}, [&scheduled](ports::Fence) { return count(&scheduled); }});
    leases_.holders["worker"] = "another process";
    scheduler_.start(executor_, {.web = false, .worker = true, .scheduler = false});
    executor_.run_for(seconds{5});
    EXPECT_GT(worked.turns, 10);
    EXPECT_EQ(looked_after.turns, 0);
    EXPECT_EQ(scheduled.turns, 0);
}

TEST_F(SchedulerTest, stopping_lets_the_turn_end_and_gives_the_lease_back) {
    start(milliseconds{200});
    executor_.run_for(seconds{1});
    std::optional<bool> ended;
    spawn(executor_, "stop", stop(&scheduler_, executor_.now() + seconds{1}, &ended));
    executor_.run_for(milliseconds{500});
    EXPECT_EQ(ended, true);
    EXPECT_TRUE(leases_.holders.empty());
    const int turns = counted_.turns;
    executor_.run_for(seconds{5});
    EXPECT_EQ(counted_.turns, turns);
}

}  // namespace
}  // namespace marketday::usecases
