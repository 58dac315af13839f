#include "http/loop_lag.hpp"

#include <gtest/gtest.h>

namespace marketday::http {
namespace {

constexpr milliseconds kMax{100};

class LoopLagTest : public testing::Test {
protected:
    /// A probe each 10 ms that is `late`, for `lasts`; whether the last request was refused.
    bool runs_late(milliseconds late, milliseconds lasts) {
        bool refused = false;
        for (const Instant end = now_ + lasts; now_ < end;) {
            lag_.probe_sent(now_, now_ + milliseconds{10} - late);
            now_ += milliseconds{10};
            lag_.probe_came(now_);
            refused = lag_.too_long(now_);
        }
        return refused;
    }

    LoopLag lag_{kMax};
    Instant now_{seconds{100}};
};

TEST_F(LoopLagTest, a_server_that_keeps_up_refuses_nobody) { EXPECT_FALSE(runs_late(milliseconds{99}, seconds{5})); }

TEST_F(LoopLagTest, a_burst_is_taken_whole_for_as_long_as_one_may_wait) {
    EXPECT_FALSE(runs_late(milliseconds{300}, kMax));
    EXPECT_FALSE(runs_late(milliseconds{0}, milliseconds{50}));
}

TEST_F(LoopLagTest, a_delay_that_stays_is_refused_until_it_has_fallen_to_half) {
    EXPECT_TRUE(runs_late(milliseconds{120}, seconds{1}));
    EXPECT_TRUE(runs_late(milliseconds{60}, milliseconds{200}));
    EXPECT_FALSE(runs_late(milliseconds{50}, milliseconds{10}));
}

TEST_F(LoopLagTest, the_same_rush_is_not_borne_twice_but_a_later_one_is) {
    EXPECT_TRUE(runs_late(milliseconds{120}, seconds{1}));
    EXPECT_FALSE(runs_late(milliseconds{10}, milliseconds{500}));
    EXPECT_TRUE(runs_late(milliseconds{120}, milliseconds{20}));
    EXPECT_FALSE(runs_late(milliseconds{10}, seconds{2}));
    EXPECT_FALSE(runs_late(milliseconds{120}, milliseconds{50}));
}

TEST_F(LoopLagTest, a_probe_that_does_not_come_tells_by_that) {
    lag_.probe_sent(now_, now_);
    EXPECT_EQ(lag_.lag(now_ + milliseconds{250}), milliseconds{250});
    EXPECT_FALSE(lag_.too_long(now_ + milliseconds{150}));
    EXPECT_TRUE(lag_.too_long(now_ + milliseconds{260}));
}

TEST_F(LoopLagTest, what_was_true_of_a_rush_is_not_believed_a_while_later) {
    EXPECT_TRUE(runs_late(milliseconds{120}, seconds{1}));
    now_ += seconds{3};
    lag_.probe_sent(now_, now_ + milliseconds{10});
    EXPECT_FALSE(lag_.too_long(now_));
}

TEST(LoopLag, zero_refuses_nobody) {
    LoopLag lag{milliseconds{0}};
    const Instant now{seconds{100}};
    lag.probe_sent(now, now);
    EXPECT_FALSE(lag.too_long(now + seconds{10}));
    EXPECT_FALSE(lag.too_long(now + seconds{20}));
}

}  // namespace
}  // namespace marketday::http
