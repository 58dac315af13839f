#include "http/pace.hpp"

#include <gtest/gtest.h>

namespace marketday::http {
namespace {

int taken(Pace& pace, Instant now, int asked) {
    int taken = 0;
    for (int i = 0; i < asked; ++i) taken += pace.take(now) ? 1 : 0;
    return taken;
}

TEST(Pace, lets_a_tenth_of_a_second_go_at_once_and_the_rest_at_its_rate) {
    Pace pace{1000};
    Instant now{seconds{100}};
    EXPECT_EQ(taken(pace, now, 500), 100);
    int within_a_second = 0;
    for (int i = 0; i < 100; ++i) within_a_second += taken(pace, now += milliseconds{10}, 500);
    EXPECT_NEAR(within_a_second, 1000, 1);
}

TEST(Pace, saves_nothing_beyond_that_while_nobody_comes) {
    Pace pace{1000};
    EXPECT_EQ(taken(pace, Instant{seconds{100}}, 500), 100);
    EXPECT_EQ(taken(pace, Instant{seconds{3600}}, 500), 100);
}

TEST(Pace, of_less_than_ten_a_second_lets_one_go) {
    Pace pace{1};
    const Instant now{seconds{100}};
    EXPECT_EQ(taken(pace, now, 5), 1);
    EXPECT_EQ(taken(pace, now + milliseconds{900}, 5), 0);
    EXPECT_EQ(taken(pace, now + milliseconds{1100}, 5), 1);
}

}  // namespace
}  // namespace marketday::http
