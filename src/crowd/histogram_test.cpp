#include "crowd/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.hpp"

namespace marketday::crowd {
namespace {

TEST(Histogram, small_values_are_exact) {
    Histogram histogram;
    for (int i = 1; i <= 100; ++i) histogram.add(i);
    EXPECT_EQ(histogram.percentile_us(0.5), 50);
    EXPECT_EQ(histogram.percentile_us(0.99), 99);
    EXPECT_EQ(histogram.percentile_us(1.0), 100);
    EXPECT_EQ(histogram.max_us(), 100);
    EXPECT_DOUBLE_EQ(histogram.mean_us(), 50.5);
}

TEST(Histogram, percentiles_of_any_values_are_within_one_percent) {
    SeededRandom random(3);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 50'000; ++i) {
        const auto value = static_cast<std::int64_t>(random.u64() >> (28 + random.below(36)));
        values.push_back(value);
        histogram.add(value);
    }
    std::ranges::sort(values);
    for (const double fraction : {0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
        const auto rank = static_cast<std::size_t>(std::ceil(fraction * 50'000.0)) - 1;
        const auto exact = static_cast<double>(values[rank]);
        const auto found = static_cast<double>(histogram.percentile_us(fraction));
        EXPECT_GE(found, exact);
        EXPECT_LE(found, exact * 1.01 + 1) << fraction;
    }
}

TEST(Histogram, merging_is_the_same_as_adding_to_one) {
    Histogram one;
    Histogram a;
    Histogram b;
    for (std::int64_t i = 0; i < 10'000; ++i) {
        one.add(i * i);
        (i % 3 == 0 ? a : b).add(i * i);
    }
    a.merge(b);
    EXPECT_EQ(a.count(), one.count());
    EXPECT_EQ(a.max_us(), one.max_us());
    for (const double fraction : {0.1, 0.5, 0.99}) EXPECT_EQ(a.percentile_us(fraction), one.percentile_us(fraction));
}

TEST(Histogram, absurd_values_are_kept_in_bounds) {
    Histogram histogram;
    histogram.add(-5);
    histogram.add(INT64_MAX);
    EXPECT_EQ(histogram.count(), 2U);
    EXPECT_EQ(histogram.percentile_us(0.5), 0);
    EXPECT_EQ(histogram.max_us(), (std::int64_t{1} << 36) - 1);
    EXPECT_EQ(Histogram().percentile_us(0.99), 0);
}

}  // namespace
}  // namespace marketday::crowd
