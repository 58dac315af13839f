#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/accounts.hpp"
#include "ports/sessions.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

/// What the suites of accounts and sessions need of one family of adapters: an empty site.
struct AccountsStore {
    virtual ~AccountsStore() = default;
    virtual ports::Accounts& accounts() = 0;
    virtual ports::Sessions& sessions() = 0;
};

struct AccountsFactory {
    std::string name;
    std::function<std::unique_ptr<AccountsStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Sqlite, AccountsContract, testing::Values(AccountsFactory{…}));
class AccountsContract : public testing::TestWithParam<AccountsFactory> {
protected:
    using Accounts = ports::Accounts;
    using SignedUp = Accounts::SignedUp;

    void SetUp() override { store_ = GetParam().make(); }
    Accounts& accounts() { return store_->accounts(); }
    ports::Sessions& sessions() { return store_->sessions(); }

    Uuid uuid() { return uuids_.next(7); }
    static Hash256 key(int number) { return blake2b(std::to_string(number)); }
    Accounts::NewAccount account(const std::string& email) {
        return {.id = CustomerId{uuid()},
                .email = *domain::EmailAddress::parse(email),
                .password_hash = "hash of " + email,
                .locale = domain::Locale::ja,
                .created_at = now_};
    }
    SignedUp sign_up(const Accounts::NewAccount& account, bool may_tell_owner = true) {
        return run_task(accounts().sign_up(account, uuid(), may_tell_owner)).value();
    }
    std::optional<ports::Account> find(const std::string& claim) {
        return run_task(accounts().find_by_claim(claim)).value();
    }
    std::vector<Accounts::Letter> take_letters(WallTime at) {
        return run_task(accounts().take_letters(at, at + seconds{60}, 100)).value();
    }
    std::vector<ports::LetterKind> kinds(const std::vector<Accounts::Letter>& letters) {
        std::vector<ports::LetterKind> all;
        for (const auto& letter : letters) all.push_back(letter.kind);
        return all;
    }
    void add_link(int number, ports::LinkPurpose purpose, CustomerId customer) {
        Accounts::Link link{
            .key = key(number), .purpose = purpose, .customer = customer, .expires_at = now_ + seconds{100}};
        ASSERT_TRUE(run_task(accounts().add_link(link)).has_value());
    }
    std::size_t add_session(int number, CustomerId customer, std::int64_t version) {
        std::vector<ports::Sessions::NewSession> rows{{.key = key(number),
                                                       .customer = customer,
                                                       .password_version = version,
                                                       .created_at = now_,
                                                       .expires_at = now_ + seconds{100}}};
        return run_task(sessions().add(rows)).value();
    }

    std::unique_ptr<AccountsStore> store_;
    SystemClock clock_;
    SeededRandom random_{42};
    UuidSource uuids_{clock_, random_};
    WallTime now_ = from_unix_ms(1'790'000'000'000);
};

TEST_P(AccountsContract, an_account_is_read_as_it_was_signed_up) {
    const auto mine = account("Mina.Kim@Example.com");
    EXPECT_EQ(sign_up(mine), SignedUp::created);
    const auto found = find("mina.kim@example.com");
    ASSERT_TRUE(found);
    const ports::Account expected{.id = mine.id,
                                  .email = "Mina.Kim@Example.com",
                                  .password_hash = mine.password_hash,
                                  .password_version = Accounts::kFirstPasswordVersion,
                                  .locale = domain::Locale::ja,
                                  .verified = false,
                                  .created_at = now_};
    EXPECT_EQ(*found, expected);
    EXPECT_EQ(run_task(accounts().find(mine.id)).value(), expected);
    EXPECT_FALSE(find("nobody@example.com"));
    EXPECT_FALSE(run_task(accounts().find(CustomerId{uuid()})).value());
}

TEST_P(AccountsContract, an_address_has_one_account_and_its_owner_hears_of_the_second_sign_up) {
    const auto first = account("twin@example.com");
    const auto second = account("TWIN@example.com");
    EXPECT_EQ(sign_up(first), SignedUp::created);
    EXPECT_EQ(sign_up(second), SignedUp::address_taken);
    EXPECT_EQ(find("twin@example.com")->id, first.id);
    EXPECT_FALSE(run_task(accounts().find(second.id)).value());
    const auto letters = take_letters(now_);
    EXPECT_THAT(kinds(letters),
                testing::UnorderedElementsAre(ports::LetterKind::verify, ports::LetterKind::already_claimed));
    for (const auto& letter : letters) EXPECT_EQ(letter.account->id, first.id);
}

TEST_P(AccountsContract, accounts_are_listed_newest_first_a_page_at_a_time) {
    std::vector<CustomerId> ids;
    for (int i = 0; i < 5; ++i) {
        const auto one = account("kim" + std::to_string(i) + "@example.org");
        ids.insert(ids.begin(), one.id);
        ASSERT_EQ(sign_up(one), SignedUp::created);
    }
    const auto listed = [this](std::optional<CustomerId> before, std::size_t max) {
        std::vector<CustomerId> found;
        const auto accounts_found = run_task(accounts().list(before, max)).value();
        for (const auto& one : accounts_found) found.push_back(one.id);
        return found;
    };
    EXPECT_EQ(listed(std::nullopt, 3), (std::vector(ids.begin(), ids.begin() + 3)));
    EXPECT_EQ(listed(ids[2], 3), (std::vector(ids.begin() + 3, ids.end())));
    EXPECT_TRUE(listed(ids[4], 3).empty());
}

TEST_P(AccountsContract, an_address_that_was_never_verified_is_free_again_when_its_account_is_forgotten) {
    const auto old = account("old@example.org");
    const auto verified = account("verified@example.org");
    ASSERT_EQ(sign_up(old), SignedUp::created);
    ASSERT_EQ(sign_up(verified), SignedUp::created);
    add_link(1, ports::LinkPurpose::verify, verified.id);
    ASSERT_TRUE(run_task(accounts().verify(key(1), now_)).value());
    ASSERT_EQ(add_session(7, old.id, Accounts::kFirstPasswordVersion), 1U);
    EXPECT_EQ(run_task(accounts().purge_unverified(now_, 10)).value(), 0U) << "made at that moment, not before it";
    EXPECT_EQ(run_task(accounts().purge_unverified(now_ + seconds{1}, 10)).value(), 1U);
    EXPECT_EQ(run_task(accounts().purge_unverified(now_ + seconds{1}, 10)).value(), 0U);
    EXPECT_FALSE(run_task(accounts().find(old.id)).value());
    EXPECT_FALSE(run_task(sessions().find(key(7), now_)).value());
    EXPECT_TRUE(find("verified@example.org"));
    EXPECT_EQ(sign_up(account("old@example.org")), SignedUp::created);
}

TEST_P(AccountsContract, an_owner_is_not_told_when_he_has_been_told_enough) {
    sign_up(account("a@example.com"), false);
    EXPECT_EQ(sign_up(account("a@example.com"), false), SignedUp::address_taken);
    EXPECT_THAT(kinds(take_letters(now_)), testing::ElementsAre(ports::LetterKind::verify));
}

TEST_P(AccountsContract, a_letter_is_due_again_until_it_is_done) {
    sign_up(account("a@example.com"));
    const auto first = take_letters(now_);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].attempt, 1);
    EXPECT_TRUE(take_letters(now_ + seconds{59}).empty());
    const auto again = take_letters(now_ + seconds{60});
    ASSERT_EQ(again.size(), 1U);
    EXPECT_EQ(again[0].id, first[0].id);
    EXPECT_EQ(again[0].attempt, 2);
    ASSERT_TRUE(run_task(accounts().letter_done(first[0].id)).has_value());
    EXPECT_TRUE(take_letters(now_ + seconds{3600}).empty());
}

TEST_P(AccountsContract, a_reset_for_an_unknown_address_is_a_letter_to_nobody) {
    ASSERT_TRUE(run_task(accounts().ask_reset("nobody@example.com", uuid(), now_)).has_value());
    const auto letters = take_letters(now_);
    ASSERT_EQ(letters.size(), 1U);
    EXPECT_FALSE(letters[0].account);
}

TEST_P(AccountsContract, a_verification_link_works_once_and_in_time) {
    const auto mine = account("a@example.com");
    sign_up(mine);
    add_link(1, ports::LinkPurpose::verify, mine.id);
    EXPECT_FALSE(run_task(accounts().verify(key(2), now_)).value());
    EXPECT_FALSE(run_task(accounts().verify(key(1), now_ + seconds{100})).value());
    EXPECT_FALSE(find("a@example.com")->verified);
    EXPECT_EQ(run_task(accounts().verify(key(1), now_)).value(), mine.id);
    EXPECT_TRUE(find("a@example.com")->verified);
    EXPECT_FALSE(run_task(accounts().verify(key(1), now_)).value());
}

TEST_P(AccountsContract, a_link_does_only_what_it_is_for) {
    const auto mine = account("a@example.com");
    sign_up(mine);
    add_link(1, ports::LinkPurpose::verify, mine.id);
    add_link(2, ports::LinkPurpose::reset, mine.id);
    EXPECT_FALSE(run_task(accounts().complete_reset(key(1), "other", uuid(), now_)).value());
    EXPECT_FALSE(run_task(accounts().find_reset(key(1), now_)).value());
    EXPECT_FALSE(run_task(accounts().verify(key(2), now_)).value());
    EXPECT_EQ(find("a@example.com")->password_hash, mine.password_hash);
}

TEST_P(AccountsContract, a_reset_changes_the_password_verifies_and_ends_everything_else) {
    const auto mine = account("a@example.com");
    const auto other = account("b@example.com");
    sign_up(mine);
    sign_up(other);
    add_link(1, ports::LinkPurpose::reset, mine.id);
    add_link(2, ports::LinkPurpose::reset, mine.id);
    add_session(10, mine.id, Accounts::kFirstPasswordVersion);
    add_session(11, other.id, Accounts::kFirstPasswordVersion);
    take_letters(now_);
    EXPECT_EQ(run_task(accounts().find_reset(key(1), now_)).value()->id, mine.id);
    EXPECT_EQ(run_task(accounts().complete_reset(key(1), "new hash", uuid(), now_)).value(), mine.id);

    const auto found = find("a@example.com");
    EXPECT_EQ(found->password_hash, "new hash");
    EXPECT_GT(found->password_version, Accounts::kFirstPasswordVersion);
    EXPECT_TRUE(found->verified);
    EXPECT_FALSE(run_task(sessions().find(key(10), now_)).value());
    EXPECT_TRUE(run_task(sessions().find(key(11), now_)).value());
    EXPECT_FALSE(run_task(accounts().find_reset(key(2), now_)).value());
    EXPECT_THAT(kinds(take_letters(now_)), testing::ElementsAre(ports::LetterKind::password_changed));
}

TEST_P(AccountsContract, a_log_in_with_the_old_password_opens_no_session_after_a_change) {
    const auto mine = account("a@example.com");
    sign_up(mine);
    add_link(1, ports::LinkPurpose::reset, mine.id);
    const auto before = find("a@example.com");
    ASSERT_TRUE(run_task(accounts().complete_reset(key(1), "new hash", uuid(), now_)).value());
    EXPECT_EQ(add_session(10, mine.id, before->password_version), 0U);
    EXPECT_EQ(add_session(11, mine.id, find("a@example.com")->password_version), 1U);
}

TEST_P(AccountsContract, a_rehash_keeps_the_version_and_loses_against_a_change) {
    const auto mine = account("a@example.com");
    sign_up(mine);
    ASSERT_TRUE(run_task(accounts().rehash(mine.id, Accounts::kFirstPasswordVersion, "stronger")).has_value());
    EXPECT_EQ(find("a@example.com")->password_hash, "stronger");
    EXPECT_EQ(find("a@example.com")->password_version, Accounts::kFirstPasswordVersion);
    ASSERT_TRUE(run_task(accounts().rehash(mine.id, Accounts::kFirstPasswordVersion + 1, "late")).has_value());
    EXPECT_EQ(find("a@example.com")->password_hash, "stronger");
}

TEST_P(AccountsContract, many_verified_accounts_are_added_at_once_without_letters) {
    sign_up(account("taken@example.com"));
    take_letters(now_);
    std::vector<Accounts::NewAccount> many;
    for (int i = 0; i < 1000; ++i) many.push_back(account("many-" + std::to_string(i) + "@example.com"));
    many.push_back(account("taken@example.com"));
    EXPECT_EQ(run_task(accounts().add_verified(many)).value(), 1000U);
    EXPECT_TRUE(find("many-999@example.com")->verified);
    EXPECT_TRUE(take_letters(now_).empty());
}

TEST_P(AccountsContract, expired_links_are_purged_and_others_stay) {
    const auto mine = account("a@example.com");
    sign_up(mine);
    for (int i = 0; i < 5; ++i) add_link(i, ports::LinkPurpose::reset, mine.id);
    EXPECT_EQ(run_task(accounts().purge_links(now_, 10)).value(), 0U);
    EXPECT_EQ(run_task(accounts().purge_links(now_ + seconds{100}, 3)).value(), 3U);
    EXPECT_EQ(run_task(accounts().purge_links(now_ + seconds{100}, 3)).value(), 2U);
}

}  // namespace marketday::contract
