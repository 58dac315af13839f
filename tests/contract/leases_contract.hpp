#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/leases.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct LeasesStore {
    virtual ~LeasesStore() = default;
    virtual ports::Leases& leases() = 0;
};

struct LeasesFactory {
    std::string name;
    std::function<std::unique_ptr<LeasesStore>()> make;
};

class LeasesContract : public testing::TestWithParam<LeasesFactory> {
protected:
    void SetUp() override { store_ = GetParam().make(); }
    std::optional<ports::Fence> acquire(const std::string& holder, seconds after = seconds{0}) {
        return run_task(store_->leases().acquire("relay", holder, now_ + after, seconds{10})).value();
    }
    bool renew(const ports::Fence& fence, seconds after) {
        return run_task(store_->leases().renew(fence, now_ + after, seconds{10})).value();
    }
    WallTime now_ = from_unix_ms(1'800'000'000'000);
    std::unique_ptr<LeasesStore> store_;
};

TEST_P(LeasesContract, a_free_lease_is_granted_and_kept_from_others_until_it_runs_out) {
    ASSERT_TRUE(acquire("a"));
    EXPECT_FALSE(acquire("b", seconds{9}));
    EXPECT_TRUE(acquire("b", seconds{10}));
}

TEST_P(LeasesContract, every_grant_raises_the_token_even_to_the_same_holder) {
    const auto first = acquire("a");
    const auto again = acquire("a");
    const auto other = acquire("b", seconds{11});
    ASSERT_TRUE(first && again && other);
    EXPECT_GT(again->token, first->token);
    EXPECT_GT(other->token, again->token);
}

TEST_P(LeasesContract, renewing_prolongs_and_fails_once_another_was_granted) {
    const auto mine = acquire("a");
    ASSERT_TRUE(mine);
    EXPECT_TRUE(renew(*mine, seconds{8}));
    EXPECT_FALSE(acquire("b", seconds{12}));
    EXPECT_TRUE(acquire("b", seconds{18}));
    EXPECT_FALSE(renew(*mine, seconds{19}));
}

TEST_P(LeasesContract, a_released_lease_is_free_at_once_and_a_stale_release_does_nothing) {
    const auto mine = acquire("a");
    ASSERT_TRUE(mine);
    ASSERT_TRUE(run_task(store_->leases().release(*mine)));
    const auto theirs = acquire("b");
    ASSERT_TRUE(theirs);
    ASSERT_TRUE(run_task(store_->leases().release(*mine)));
    EXPECT_FALSE(acquire("c"));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(LeasesContract);

}  // namespace marketday::contract
