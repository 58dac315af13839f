#pragma once

#include <algorithm>

#include "tests/contract/accounts_contract.hpp"

namespace marketday::contract {

/// INSTANTIATE_TEST_SUITE_P(Sqlite, SessionsContract, testing::Values(AccountsFactory{…}));
class SessionsContract : public AccountsContract {
protected:
    using Sessions = ports::Sessions;

    void SetUp() override {
        AccountsContract::SetUp();
        const auto mine = account("a@example.com");
        const auto other = account("b@example.com");
        sign_up(mine);
        sign_up(other);
        mine_ = mine.id;
        other_ = other.id;
    }
    std::optional<Sessions::Found> find_session(int number, WallTime at) {
        return run_task(sessions().find(key(number), at)).value();
    }
    std::size_t add(int number, CustomerId customer) {
        return add_session(number, customer, ports::Accounts::kFirstPasswordVersion);
    }

    CustomerId mine_;
    CustomerId other_;
};

TEST_P(SessionsContract, a_session_says_whose_it_is_until_it_expires) {
    EXPECT_EQ(add(1, mine_), 1U);
    const auto found = find_session(1, now_ + seconds{99});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->customer, mine_);
    EXPECT_FALSE(found->verified);
    EXPECT_EQ(found->created_at, now_);
    EXPECT_EQ(found->expires_at, now_ + seconds{100});
    EXPECT_FALSE(find_session(1, now_ + seconds{100}));
    EXPECT_FALSE(find_session(2, now_));
}

TEST_P(SessionsContract, a_session_says_verified_as_soon_as_the_account_is) {
    add(1, mine_);
    add_link(1, ports::LinkPurpose::verify, mine_);
    ASSERT_TRUE(run_task(accounts().verify(key(1), now_)).value());
    EXPECT_TRUE(find_session(1, now_)->verified);
}

TEST_P(SessionsContract, nobody_without_an_account_gets_a_session) { EXPECT_EQ(add(1, CustomerId{uuid()}), 0U); }

TEST_P(SessionsContract, an_ended_session_is_gone_and_cannot_be_extended) {
    add(1, mine_);
    add(2, mine_);
    EXPECT_EQ(run_task(sessions().end(key(1))).value(), mine_);
    EXPECT_FALSE(run_task(sessions().end(key(1))).value());
    std::vector<Sessions::Extension> later{{.key = key(1), .expires_at = now_ + seconds{500}}};
    ASSERT_TRUE(run_task(sessions().extend(later)).has_value());
    EXPECT_FALSE(find_session(1, now_));
    EXPECT_TRUE(find_session(2, now_));
}

TEST_P(SessionsContract, ending_all_ends_those_of_one_customer) {
    add(1, mine_);
    add(2, mine_);
    add(3, other_);
    EXPECT_EQ(run_task(sessions().end_all(mine_)).value(), 2U);
    EXPECT_FALSE(find_session(1, now_));
    EXPECT_FALSE(find_session(2, now_));
    EXPECT_TRUE(find_session(3, now_));
}

TEST_P(SessionsContract, an_expiry_moves_later_and_never_earlier) {
    add(1, mine_);
    std::vector<Sessions::Extension> later{{.key = key(1), .expires_at = now_ + seconds{500}}};
    ASSERT_TRUE(run_task(sessions().extend(later)).has_value());
    EXPECT_EQ(find_session(1, now_)->expires_at, now_ + seconds{500});
    std::vector<Sessions::Extension> earlier{{.key = key(1), .expires_at = now_ + seconds{5}}};
    ASSERT_TRUE(run_task(sessions().extend(earlier)).has_value());
    EXPECT_EQ(find_session(1, now_)->expires_at, now_ + seconds{500});
}

TEST_P(SessionsContract, the_oldest_session_ends_when_a_customer_opens_too_many) {
    const auto most = static_cast<int>(Sessions::kPerCustomerMax);
    for (int i = 0; i <= most; ++i) {
        add(i, mine_);
        now_ += milliseconds{1};
    }
    EXPECT_FALSE(find_session(0, now_));
    EXPECT_TRUE(find_session(1, now_));
    EXPECT_TRUE(find_session(most, now_));
}

TEST_P(SessionsContract, expired_sessions_are_purged_and_others_stay) {
    for (int i = 0; i < 5; ++i) add(i, mine_);
    EXPECT_EQ(run_task(sessions().purge(now_ + seconds{99}, 10)).value(), 0U);
    EXPECT_EQ(run_task(sessions().purge(now_ + seconds{100}, 3)).value(), 3U);
    EXPECT_EQ(run_task(sessions().purge(now_ + seconds{100}, 3)).value(), 2U);
}

TEST_P(SessionsContract, a_change_that_a_found_session_has_not_seen_is_told_since_its_number) {
    add(1, mine_);
    add(2, other_);
    add_link(3, ports::LinkPurpose::verify, mine_);
    const auto before = find_session(1, now_);
    const auto of_other = find_session(2, now_);
    ASSERT_TRUE(run_task(accounts().verify(key(3), now_)).value());
    const auto after = find_session(1, now_);
    const auto told = run_task(sessions().changed_since(before->first_unseen)).value();
    const bool alone = told.position == 0;  // no other process can write
    const auto holds = [&told](const std::optional<Sessions::Found>& found) {
        return std::ranges::none_of(told.changes, [&found](const Sessions::Change& change) {
            return change.customer == found->customer && change.number >= found->first_unseen;
        });
    };
    EXPECT_EQ(holds(before), alone);
    EXPECT_TRUE(holds(of_other));
    EXPECT_TRUE(holds(after));
    EXPECT_LE(after->first_unseen, told.position);
    EXPECT_EQ(run_task(sessions().changed_since(0)).value().changes.empty(), alone);
}

}  // namespace marketday::contract
