#include "base/bloom_filter.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"

namespace marketday {
namespace {

TEST(BloomFilter, never_denies_what_was_added) {
    SeededRandom random{7};
    BloomFilter filter(10'000);
    std::vector<std::uint64_t> added;
    for (int i = 0; i < 10'000; ++i) added.push_back(random.u64());
    for (const auto hash : added) filter.add(hash);
    for (const auto hash : added) EXPECT_TRUE(filter.may_hold(hash));
    EXPECT_TRUE(filter.is_full());
}

TEST(BloomFilter, denies_nearly_everything_else) {
    SeededRandom random{8};
    BloomFilter filter(10'000);
    for (int i = 0; i < 10'000; ++i) filter.add(random.u64());
    int wrong = 0;
    for (int i = 0; i < 100'000; ++i) wrong += filter.may_hold(random.u64()) ? 1 : 0;
    EXPECT_LT(wrong, 1'000) << "more than one in a hundred";
}

TEST(BloomFilter, holds_nothing_at_first_and_is_of_the_stated_size) {
    const BloomFilter filter(1 << 16);
    EXPECT_FALSE(filter.may_hold(0));
    EXPECT_FALSE(filter.is_full());
    EXPECT_LE(filter.bytes(), (1U << 16) * 4U);
}

}  // namespace
}  // namespace marketday
