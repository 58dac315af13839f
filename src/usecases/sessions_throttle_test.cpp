#include "usecases/sessions_throttle.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/async/sim_executor.hpp"

namespace marketday::usecases {
namespace {

class ThrottleTest : public testing::Test {
protected:
    SimExecutor clock_{1};
    SeededRandom random_{2};
    Throttle throttle_{clock_, random_, {.burst = 5, .per_s = 0.1, .keys_max = 1024}};

    int allowed(std::string_view key, int attempts) {
        int count = 0;
        for (int i = 0; i < attempts; ++i) count += throttle_.take(key) ? 0 : 1;
        return count;
    }
};

TEST_F(ThrottleTest, a_burst_is_allowed_and_then_one_at_a_time) {
    EXPECT_EQ(allowed("a", 20), 5);
    EXPECT_EQ(throttle_.take("a"), seconds{10});
    clock_.run_for(seconds{10});
    EXPECT_EQ(allowed("a", 20), 1);
    clock_.run_for(seconds{30});
    EXPECT_EQ(allowed("a", 20), 3);
    clock_.run_for(std::chrono::hours{1});
    EXPECT_EQ(allowed("a", 20), 5);
}

TEST_F(ThrottleTest, whoever_waits_as_told_is_let_in) {
    allowed("a", 5);
    for (int i = 0; i < 100; ++i) {
        const auto wait = throttle_.take("a");
        if (!wait) continue;
        clock_.run_for(*wait);
        EXPECT_FALSE(throttle_.take("a")) << i;
    }
}

TEST_F(ThrottleTest, keys_do_not_pay_for_each_other) {
    EXPECT_EQ(allowed("a", 20), 5);
    EXPECT_EQ(allowed("b", 20), 5);
}

TEST_F(ThrottleTest, a_good_attempt_is_given_back) {
    for (int i = 0; i < 100; ++i) {
        ASSERT_FALSE(throttle_.take("a"));
        throttle_.give_back("a");
    }
    EXPECT_EQ(allowed("a", 20), 5);
    throttle_.clear("a");
    EXPECT_EQ(allowed("a", 20), 5);
}

TEST_F(ThrottleTest, a_flood_of_other_keys_does_not_wash_out_a_blocked_one) {
    EXPECT_EQ(allowed("victim", 20), 5);
    for (int i = 0; i < 100'000; ++i) throttle_.take("flood-" + std::to_string(i));
    EXPECT_EQ(allowed("victim", 20), 0);
}

TEST_F(ThrottleTest, binary_and_empty_keys_are_keys) {
    EXPECT_EQ(allowed("", 20), 5);
    EXPECT_EQ(allowed(std::string_view{"\0\0", 2}, 20), 5);
    EXPECT_EQ(allowed(std::string_view{"\0\1", 2}, 20), 5);
}

}  // namespace
}  // namespace marketday::usecases
