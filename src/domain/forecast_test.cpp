#include "domain/forecast.hpp"

#include <gtest/gtest.h>

namespace marketday::domain {
namespace {

constexpr ForecastCapacity kMachine{.store_orders_per_s = 50'000, .requests_per_s = 40'000};

TEST(Forecast, as_many_are_sold_as_there_are_and_the_rest_waits_in_line) {
    const auto result = forecast({.shoppers = 20'000, .arrive = milliseconds{10'000}, .units = 1000}, kMachine);
    EXPECT_EQ(result.units_sold, 1000);
    ASSERT_TRUE(result.sold_out_s);
    EXPECT_GT(*result.sold_out_s, 0.5) << "the thousandth shopper comes after half a second";
    EXPECT_LT(*result.sold_out_s, 5);
    EXPECT_GT(result.line_length_max, 1000);
    EXPECT_LE(result.line_length_max, 19'000);
    EXPECT_EQ(result.declined, 0);
}

TEST(Forecast, units_are_left_over_when_fewer_people_come) {
    const auto result = forecast({.shoppers = 300, .arrive = milliseconds{2'000}, .units = 1000}, kMachine);
    EXPECT_FALSE(result.sold_out_s);
    EXPECT_EQ(result.units_sold, 300);
}

TEST(Forecast, a_slower_machine_takes_longer_and_its_line_is_longer) {
    const ForecastCrowd crowd{.shoppers = 100'000, .arrive = milliseconds{10'000}, .units = 20'000};
    const auto fast = forecast(crowd, kMachine);
    const auto slow = forecast(crowd, {.store_orders_per_s = 400, .requests_per_s = 20'000});
    ASSERT_TRUE(fast.sold_out_s);
    ASSERT_TRUE(slow.sold_out_s);
    EXPECT_GT(*slow.sold_out_s, 2 * *fast.sold_out_s);
    EXPECT_GE(*slow.sold_out_s, 50) << "20,000 orders at 400 a second";
    EXPECT_GT(slow.line_length_max, fast.line_length_max);
}

TEST(Forecast, without_a_line_a_full_lane_turns_orders_away) {
    const auto result = forecast({.shoppers = 100'000, .arrive = milliseconds{1'000}, .units = 90'000, .line = false},
                                 {.store_orders_per_s = 2'000, .requests_per_s = 50'000});
    EXPECT_GT(result.declined, 10'000);
    EXPECT_EQ(result.line_length_max, 0);
}

TEST(Forecast, the_lines_own_maximum_holds) {
    const auto result = forecast(
        {.shoppers = 10'000, .arrive = milliseconds{1'000}, .units = 5000, .admissions_per_s_max = 500}, kMachine);
    ASSERT_TRUE(result.sold_out_s);
    EXPECT_GT(*result.sold_out_s, 5000.0 / 500);
    EXPECT_LT(*result.sold_out_s, 5000.0 / 500 * 2 + 5);
}

}  // namespace
}  // namespace marketday::domain
