#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/payment_journal.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct JournalStore {
    virtual ~JournalStore() = default;
    virtual ports::PaymentJournal& journal() = 0;
    virtual ports::Leases& leases() = 0;
};

struct JournalFactory {
    std::string name;
    std::function<std::unique_ptr<JournalStore>()> make;
};

class PaymentJournalContract : public testing::TestWithParam<JournalFactory> {
protected:
    using Journal = ports::PaymentJournal;

    void SetUp() override { store_ = GetParam().make(); }
    Journal& journal() { return store_->journal(); }
    static PaymentId payment(std::uint8_t number) {
        PaymentId id;
        id.uuid.bytes[0] = number;
        return id;
    }
    Journal::Entry entry(std::uint8_t number, std::uint8_t hash = 1) const {
        Journal::Entry made{.payment = payment(number), .order = OrderId{payment(number).uuid}};
        made.request_hash[0] = hash;
        made.opened_at = now_;
        return made;
    }
    Journal::RefundIntent intent(std::uint8_t number, bool restock = false) const {
        return {.payment = payment(number),
                .order = OrderId{payment(number).uuid},
                .reason = Journal::RefundReason::order,
                .restock = restock,
                .intended_at = now_,
                .try_at = now_,
                .tries = 0,
                .done_at = std::nullopt};
    }
    std::vector<Journal::RefundIntent> due(seconds after = seconds{0}) {
        return run_task(journal().refunds_due(now_ + after, 10)).value();
    }
    WallTime now_ = from_unix_ms(1'800'000'000'000);
    std::unique_ptr<JournalStore> store_;
};

TEST_P(PaymentJournalContract, the_first_entry_of_a_payment_stays_and_is_given_to_whoever_opens_it_again) {
    const auto first = run_task(journal().open({entry(1), entry(2)})).value();
    EXPECT_EQ(first.at(0), entry(1));
    const auto again = run_task(journal().open({entry(3), entry(1, 9)})).value();
    EXPECT_EQ(again.at(0), entry(3));
    EXPECT_EQ(again.at(1), entry(1));
}

TEST_P(PaymentJournalContract, one_batch_may_name_a_payment_twice) {
    const auto opened = run_task(journal().open({entry(1, 1), entry(1, 2)})).value();
    EXPECT_EQ(opened.at(1), entry(1, 1));
}

TEST_P(PaymentJournalContract, the_first_outcome_stays) {
    ASSERT_TRUE(run_task(journal().open({entry(1)})));
    ASSERT_TRUE(run_task(journal().close({{payment(1), Journal::Outcome::declined}})));
    ASSERT_TRUE(
        run_task(journal().close({{payment(1), Journal::Outcome::voided}, {payment(7), Journal::Outcome::voided}})));
    EXPECT_EQ(run_task(journal().open({entry(1)})).value().at(0).outcome, Journal::Outcome::declined);
}

TEST_P(PaymentJournalContract, a_payment_has_one_refund_and_the_first_decides_about_restocking) {
    EXPECT_EQ(run_task(journal().intend_refund(intent(1, true))).value(), intent(1, true));
    EXPECT_EQ(run_task(journal().intend_refund(intent(1, false))).value(), intent(1, true));
    EXPECT_EQ(run_task(journal().refunds_open()).value(), 1);
    const auto found = run_task(journal().refunds_of({payment(2), payment(1)})).value();
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0], intent(1, true));
}

TEST_P(PaymentJournalContract, a_refund_is_due_until_it_is_done_and_waits_after_a_failed_try) {
    ASSERT_TRUE(run_task(journal().intend_refund(intent(1))));
    EXPECT_EQ(due().size(), 1U);
    ASSERT_TRUE(run_task(journal().refund_failed(payment(1), now_ + seconds{5})));
    EXPECT_TRUE(due(seconds{4}).empty());
    ASSERT_EQ(due(seconds{5}).size(), 1U);
    EXPECT_EQ(due(seconds{5})[0].tries, 1);
    ASSERT_TRUE(run_task(journal().refund_done(payment(1), now_ + seconds{6})));
    ASSERT_TRUE(run_task(journal().refund_failed(payment(1), now_)));
    EXPECT_TRUE(due(seconds{60}).empty());
    EXPECT_EQ(run_task(journal().refunds_open()).value(), 0);
    EXPECT_EQ(run_task(journal().refunds_of({payment(1)})).value().at(0).done_at, now_ + seconds{6});
}

TEST_P(PaymentJournalContract, old_keys_are_forgotten_by_the_holder_of_the_lease_only_and_refunds_never) {
    ASSERT_TRUE(run_task(journal().open({entry(1), entry(2)})));
    ASSERT_TRUE(run_task(journal().intend_refund(intent(1))));
    const auto stale = run_task(store_->leases().acquire("forget", "a", now_, seconds{1})).value().value();
    const auto fence = run_task(store_->leases().acquire("forget", "b", now_ + seconds{2}, seconds{1})).value().value();
    const auto refused = run_task(journal().purge(now_ + seconds{1}, 10, stale));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), Journal::Error::fenced);
    EXPECT_EQ(run_task(journal().purge(now_, 10, fence)).value(), 0U);
    EXPECT_EQ(run_task(journal().purge(now_ + seconds{1}, 10, fence)).value(), 2U);
    EXPECT_EQ(run_task(journal().refunds_open()).value(), 1);
}

TEST_P(PaymentJournalContract, an_orders_payments_are_found_by_the_order) {
    auto first = entry(1);
    auto second = entry(2);
    second.order = first.order;
    second.opened_at = first.opened_at + seconds{1};
    auto other = entry(3);
    other.order = OrderId{};
    ASSERT_NE(first.order, other.order);
    ASSERT_TRUE(run_task(journal().open({second, first, other})));
    EXPECT_EQ(run_task(journal().of_order(first.order)).value(), (std::vector{first, second}));
    OrderId nobody;
    nobody.uuid.bytes[0] = 255;
    EXPECT_TRUE(run_task(journal().of_order(nobody)).value().empty());
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PaymentJournalContract);

}  // namespace marketday::contract
