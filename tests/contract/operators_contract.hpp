#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/operators.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct OperatorsStore {
    virtual ~OperatorsStore() = default;
    virtual ports::Operators& operators() = 0;
};

struct OperatorsFactory {
    std::string name;
    std::function<std::unique_ptr<OperatorsStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Sqlite, OperatorsContract, testing::Values(OperatorsFactory{…}));
class OperatorsContract : public testing::TestWithParam<OperatorsFactory> {
protected:
    using Operators = ports::Operators;
    using Added = Operators::Added;
    using Role = ports::Role;

    void SetUp() override { store_ = GetParam().make(); }
    Operators& operators() { return store_->operators(); }
    static Hash256 key(int number) { return blake2b(std::to_string(number)); }
    Added add(const std::string& name, Role role, bool only_if_first = false) {
        ports::Operator who{.name = name, .role = role, .password_hash = "hash of " + name, .created_at = now_};
        return run_task(operators().add(who, only_if_first)).value();
    }
    bool add_session(int number, const std::string& name, const std::string& hash) {
        return run_task(operators().add_session(key(number), name, hash, now_, now_ + seconds{100})).value();
    }

    std::unique_ptr<OperatorsStore> store_;
    WallTime now_ = from_unix_ms(1'790'000'000'000);
};

TEST_P(OperatorsContract, a_name_is_one_operators) {
    EXPECT_EQ(add("mina", Role::manager), Added::added);
    EXPECT_EQ(add("mina", Role::owner), Added::name_taken);
    EXPECT_EQ(add("aki", Role::viewer), Added::added);
    const auto found = run_task(operators().find("mina")).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->role, Role::manager);
    EXPECT_EQ(found->password_hash, "hash of mina");
    EXPECT_EQ(found->created_at, now_);
    EXPECT_FALSE(run_task(operators().find("nobody")).value());
    const auto list = run_task(operators().list()).value();
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(list[0].name, "aki");
    EXPECT_EQ(list[1].name, "mina");
}

TEST_P(OperatorsContract, only_the_first_can_be_added_as_the_first) {
    EXPECT_EQ(add("admin", Role::owner, true), Added::added);
    EXPECT_EQ(add("other", Role::owner, true), Added::not_first);
    EXPECT_FALSE(run_task(operators().find("other")).value());
}

TEST_P(OperatorsContract, a_session_needs_the_password_that_is_stored) {
    add("mina", Role::manager);
    EXPECT_FALSE(add_session(1, "mina", "another hash"));
    EXPECT_FALSE(add_session(2, "nobody", "hash of nobody"));
    EXPECT_TRUE(add_session(3, "mina", "hash of mina"));
    const auto found = run_task(operators().find_session(key(3), now_)).value();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "mina");
    EXPECT_EQ(found->role, Role::manager);
    EXPECT_FALSE(run_task(operators().find_session(key(1), now_)).value());
    EXPECT_FALSE(run_task(operators().find_session(key(3), now_ + seconds{100})).value());
}

TEST_P(OperatorsContract, a_new_password_ends_the_operators_sessions) {
    add("mina", Role::manager);
    add("aki", Role::viewer);
    add_session(1, "mina", "hash of mina");
    add_session(2, "aki", "hash of aki");
    EXPECT_FALSE(run_task(operators().set_password("mina", "wrong", "new")).value());
    EXPECT_TRUE(run_task(operators().find_session(key(1), now_)).value());
    EXPECT_TRUE(run_task(operators().set_password("mina", "hash of mina", "new")).value());
    EXPECT_FALSE(run_task(operators().find_session(key(1), now_)).value());
    EXPECT_TRUE(run_task(operators().find_session(key(2), now_)).value());
}

TEST_P(OperatorsContract, open_sessions_are_listed_and_ended_ones_are_not) {
    add("mina", Role::manager);
    add_session(1, "mina", "hash of mina");
    add_session(2, "mina", "hash of mina");
    ASSERT_TRUE(run_task(operators().end_session(key(1))).has_value());
    const auto open = run_task(operators().open_sessions(now_, 10)).value();
    ASSERT_EQ(open.size(), 1U);
    EXPECT_EQ(open[0].key, key(2));
    EXPECT_EQ(open[0].session.name, "mina");
    EXPECT_TRUE(run_task(operators().open_sessions(now_ + seconds{100}, 10)).value().empty());
    EXPECT_EQ(run_task(operators().purge_sessions(now_ + seconds{100}, 10)).value(), 1U);
}

TEST_P(OperatorsContract, another_role_holds_for_open_sessions_and_disabling_ends_them) {
    using Changed = Operators::Changed;
    add("admin", Role::owner);
    add("mina", Role::manager);
    add_session(1, "mina", "hash of mina");
    EXPECT_EQ(run_task(operators().change("mina", {.role = Role::viewer, .disabled = {}})).value(), Changed::changed);
    EXPECT_EQ(run_task(operators().find_session(key(1), now_)).value()->role, Role::viewer);
    EXPECT_EQ(run_task(operators().change("mina", {.role = {}, .disabled = true})).value(), Changed::changed);
    EXPECT_FALSE(run_task(operators().find_session(key(1), now_)).value());
    EXPECT_TRUE(run_task(operators().find("mina")).value()->disabled);
    EXPECT_FALSE(add_session(2, "mina", "hash of mina"));
    EXPECT_EQ(run_task(operators().change("mina", {.role = {}, .disabled = false})).value(), Changed::changed);
    EXPECT_TRUE(add_session(3, "mina", "hash of mina"));
    EXPECT_EQ(run_task(operators().change("nobody", {.role = Role::viewer, .disabled = {}})).value(),
              Changed::not_found);
}

TEST_P(OperatorsContract, an_owner_always_stays) {
    using Changed = Operators::Changed;
    add("admin", Role::owner);
    add("mina", Role::manager);
    EXPECT_EQ(run_task(operators().change("admin", {.role = Role::manager, .disabled = {}})).value(),
              Changed::last_owner);
    EXPECT_EQ(run_task(operators().change("admin", {.role = {}, .disabled = true})).value(), Changed::last_owner);
    EXPECT_EQ(run_task(operators().find("admin")).value()->role, Role::owner);
    run_task(operators().change("mina", {.role = Role::owner, .disabled = {}})).value();
    EXPECT_EQ(run_task(operators().change("admin", {.role = {}, .disabled = true})).value(), Changed::changed);
    EXPECT_EQ(run_task(operators().change("mina", {.role = Role::viewer, .disabled = {}})).value(), Changed::last_owner)
        << "a disabled owner is none";
}

TEST_P(OperatorsContract, a_second_factor_counts_once_it_is_confirmed) {
    add("mina", Role::manager);
    const Operators::TotpNonce first{1};
    const Operators::TotpNonce second{2};
    EXPECT_FALSE(run_task(operators().begin_totp("nobody", first)).value());
    EXPECT_FALSE(run_task(operators().find_totp("mina")).value());
    EXPECT_TRUE(run_task(operators().begin_totp("mina", first)).value());
    EXPECT_TRUE(run_task(operators().begin_totp("mina", second)).value()) << "begins anew";
    EXPECT_FALSE(run_task(operators().find("mina")).value()->has_totp);
    EXPECT_FALSE(run_task(operators().use_totp_step("mina", 5)).value());
    EXPECT_FALSE(run_task(operators().confirm_totp("mina", first, 5, {key(1)})).value());
    EXPECT_TRUE(run_task(operators().confirm_totp("mina", second, 5, {key(1), key(2)})).value());
    EXPECT_FALSE(run_task(operators().confirm_totp("mina", second, 6, {key(3)})).value());
    EXPECT_FALSE(run_task(operators().begin_totp("mina", first)).value());
    const auto totp = run_task(operators().find_totp("mina")).value();
    ASSERT_TRUE(totp);
    EXPECT_TRUE(totp->confirmed);
    EXPECT_EQ(totp->nonce, second);
    EXPECT_EQ(totp->last_step, 5);
    EXPECT_EQ(totp->recovery_codes, 2U);
    EXPECT_TRUE(run_task(operators().find("mina")).value()->has_totp);
    EXPECT_TRUE(run_task(operators().list()).value()[0].has_totp);
}

TEST_P(OperatorsContract, a_code_is_used_once) {
    add("mina", Role::manager);
    run_task(operators().begin_totp("mina", {})).value();
    run_task(operators().confirm_totp("mina", {}, 5, {key(1)})).value();
    EXPECT_FALSE(run_task(operators().use_totp_step("mina", 5)).value());
    EXPECT_TRUE(run_task(operators().use_totp_step("mina", 7)).value());
    EXPECT_FALSE(run_task(operators().use_totp_step("mina", 6)).value());
    EXPECT_FALSE(run_task(operators().use_recovery_code("mina", key(2))).value());
    EXPECT_TRUE(run_task(operators().use_recovery_code("mina", key(1))).value());
    EXPECT_FALSE(run_task(operators().use_recovery_code("mina", key(1))).value());
    EXPECT_TRUE(run_task(operators().end_totp("mina")).value());
    EXPECT_FALSE(run_task(operators().end_totp("mina")).value());
    EXPECT_FALSE(run_task(operators().find_totp("mina")).value());
}

}  // namespace marketday::contract
