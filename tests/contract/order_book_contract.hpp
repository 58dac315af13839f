#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>

#include "base/ids.hpp"
#include "ports/order_book.hpp"
#include "tests/support/run_task.hpp"

namespace marketday {

/// An order book under test, and the shop it stands in: KRW, 3,000 won shipping.
class OrderBookWorld {
public:
    virtual ~OrderBookWorld() = default;
    virtual ports::OrderBook& book() = 0;
    /// Ends the store and opens it again from what was durable.
    virtual void restart() = 0;
    static constexpr std::int64_t kShippingMinor = 3000;
};

/// Runs on every adapter: INSTANTIATE_TEST_SUITE_P(NAME, OrderBookContract, Values(make_world)).
class OrderBookContract : public testing::TestWithParam<std::unique_ptr<OrderBookWorld> (*)()> {
protected:
    void SetUp() override { world_ = GetParam()(); }

    ports::OrderBook& book() { return world_->book(); }
    static Currency krw() { return *Currency::parse("KRW"); }

    template <class T>
    T done(ports::OrderBook::Answer<T> answer) {
        auto result = run_task(std::move(answer));
        EXPECT_TRUE(result.has_value());
        return std::move(result).value();
    }

    void offer(const std::string& sku, std::int64_t price, std::int64_t units) {
        done(book().set_offers(
            {{.sku = sku, .price = Money{price, krw()}, .hidden = false, .weight_g = 0, .version = 0}}));
        if (units > 0) {
            const auto receipt = done(book().change_stock(
                {.sku = sku, .movement = domain::Movement::receive, .units = units, .reason = "delivery"}));
            EXPECT_TRUE(receipt.has_value());
        }
    }
    domain::Sale sale_of(const std::string& sku, std::int64_t units, std::int64_t limit) {
        domain::Sale sale;
        sale.id = SaleId{uuids_.next(0)};
        sale.name_json = R"({"en":"Sale"})";
        sale.opens_at = start_;
        sale.items = {{sku, units, Money{900, krw()}, limit, 0}};
        const auto made = done(book().create_sale(sale));
        EXPECT_TRUE(made.has_value());
        return sale;
    }
    CustomerId customer() { return CustomerId{uuids_.next(7)}; }
    domain::OrderRequest request(const CustomerId& who, std::vector<domain::OrderLine> lines,
                                 std::optional<SaleId> sale = std::nullopt) {
        domain::OrderRequest made;
        made.order = OrderId{uuids_.next(who.bucket())};
        made.customer = who;
        made.key = "key-" + std::to_string(++keys_);
        made.request_hash[0] = 1;
        made.sale = sale;
        made.currency = krw();
        made.lines = std::move(lines);
        made.address = {"Kim \"Min\" 민", "1 Road", "", "Seoul", "04524", "KR", ""};
        made.placed_at = start_ + seconds{1};
        made.hold_until = made.placed_at + seconds{300};
        return made;
    }
    domain::Verdict place(const domain::OrderRequest& one) { return done(book().place({one})).front(); }
    domain::StepVerdict step(OrderId order, domain::Step what, std::optional<PaymentId> payment = std::nullopt,
                             milliseconds after = seconds{2}, bool restock = false) {
        domain::OrderStep taken;
        taken.order = order;
        taken.step = what;
        taken.payment = payment;
        taken.at = start_ + after;
        taken.restock = restock;
        return done(book().advance({taken})).front();
    }
    /// Places an order of one `sku` and takes `steps`; its id.
    OrderId place_and(const std::vector<domain::Step>& steps, const domain::OrderLine& line,
                      std::optional<SaleId> sale = std::nullopt) {
        const auto asked = request(customer(), {line}, sale);
        EXPECT_TRUE(place(asked).granted());
        const PaymentId payment{uuids_.next(7)};
        for (const auto what : steps) EXPECT_TRUE(step(asked.order, what, payment).has_value());
        return asked.order;
    }
    domain::StockLevel level(const std::string& sku) {
        const auto found = done(book().stock({sku})).front();
        EXPECT_TRUE(found.has_value());
        EXPECT_TRUE(found->is_consistent());
        return *found;
    }
    static const domain::Granted& granted(const domain::Verdict& verdict) {
        return std::get<domain::Granted>(verdict.outcome);
    }
    static const domain::Refused& refused(const domain::Verdict& verdict) {
        return std::get<domain::Refused>(verdict.outcome);
    }

    SystemClock clock_;
    SeededRandom random_{7};
    UuidSource uuids_{clock_, random_};
    WallTime start_ = from_unix_ms(1'800'000'000'000);
    int keys_ = 0;
    std::unique_ptr<OrderBookWorld> world_;
};

TEST_P(OrderBookContract, an_order_holds_its_units_and_is_found_again) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 2, 12'000, 1}});
    const auto verdict = place(asked);
    ASSERT_TRUE(verdict.granted());
    EXPECT_EQ(granted(verdict).total.amount_minor, 24'000 + OrderBookWorld::kShippingMinor);
    const auto order = done(book().find(asked.order));
    ASSERT_TRUE(order.has_value());
    EXPECT_EQ(order->state, domain::OrderState::reserved);
    EXPECT_EQ(order->address, asked.address);
    EXPECT_EQ(order->receipt, granted(verdict).receipt);
    EXPECT_EQ(level("mug").available, 3);
    EXPECT_EQ(level("mug").reserved, 2);
}

TEST_P(OrderBookContract, a_repeated_key_returns_the_first_order) {
    offer("mug", 12'000, 5);
    auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    const auto first = place(asked);
    asked.order = OrderId{uuids_.next(7)};
    const auto again = place(asked);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(granted(again), granted(first));
    EXPECT_EQ(level("mug").reserved, 1);
}

TEST_P(OrderBookContract, a_repeated_key_within_one_batch_is_placed_once) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    const auto verdicts = done(book().place({asked, asked}));
    EXPECT_FALSE(verdicts[0].repeated);
    EXPECT_TRUE(verdicts[1].repeated);
    EXPECT_EQ(level("mug").reserved, 1);
}

TEST_P(OrderBookContract, a_refusal_is_as_durable_as_a_grant) {
    offer("mug", 12'000, 0);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    EXPECT_EQ(refused(place(asked)).reason, domain::Refusal::sold_out);
    offer("mug", 12'000, 5);
    world_->restart();
    const auto again = place(asked);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(refused(again).reason, domain::Refusal::sold_out);
    EXPECT_EQ(refused(again).lines, (std::vector<domain::RefusedLine>{{"mug", domain::Refusal::sold_out}}));
}

TEST_P(OrderBookContract, a_key_used_for_another_request_is_refused_and_changes_nothing) {
    offer("mug", 12'000, 5);
    auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    asked.order = OrderId{uuids_.next(7)};
    asked.request_hash[0] = 2;
    EXPECT_EQ(refused(place(asked)).reason, domain::Refusal::key_reused);
    EXPECT_EQ(level("mug").reserved, 1);
}

TEST_P(OrderBookContract, two_customers_may_use_the_same_key) {
    offer("mug", 12'000, 5);
    auto one = request(customer(), {{"mug", 1, 12'000, 0}});
    auto other = request(customer(), {{"mug", 1, 12'000, 0}});
    other.key = one.key;
    EXPECT_TRUE(place(one).granted());
    EXPECT_TRUE(place(other).granted());
    EXPECT_EQ(level("mug").reserved, 2);
}

TEST_P(OrderBookContract, a_basket_is_granted_whole_or_refused_naming_the_lines) {
    offer("mug", 12'000, 5);
    offer("cup", 8'000, 1);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}, {"cup", 2, 8'000, 0}, {"nothing", 1, 5, 0}});
    const auto verdict = place(asked);
    ASSERT_FALSE(verdict.granted());
    EXPECT_EQ(refused(verdict).lines, (std::vector<domain::RefusedLine>{{"cup", domain::Refusal::all_held},
                                                                        {"nothing", domain::Refusal::unknown_sku}}));
    EXPECT_EQ(level("mug").available, 5);
    EXPECT_EQ(level("cup").available, 1);
}

TEST_P(OrderBookContract, one_bad_order_spoils_only_itself) {
    offer("mug", 12'000, 2);
    std::vector<domain::OrderRequest> batch;
    for (int i = 0; i < 4; ++i) batch.push_back(request(customer(), {{"mug", 1, i == 1 ? 11'000 : 12'000, 0}}));
    const auto verdicts = done(book().place(batch));
    EXPECT_TRUE(verdicts[0].granted());
    EXPECT_EQ(refused(verdicts[1]).reason, domain::Refusal::price_changed);
    EXPECT_TRUE(verdicts[2].granted());
    EXPECT_EQ(refused(verdicts[3]).reason, domain::Refusal::all_held);
}

TEST_P(OrderBookContract, never_more_is_sold_than_there_is) {
    offer("mug", 12'000, 37);
    int orders = 0;
    for (int batch = 0; batch < 5; ++batch) {
        std::vector<domain::OrderRequest> requests;
        for (int i = 0; i < 20; ++i) requests.push_back(request(customer(), {{"mug", 1, 12'000, 0}}));
        for (const auto& verdict : done(book().place(requests))) orders += verdict.granted() ? 1 : 0;
    }
    EXPECT_EQ(orders, 37);
    EXPECT_EQ(level("mug").available, 0);
}

TEST_P(OrderBookContract, the_limit_a_customer_holds_over_orders_and_returns_with_cancelling) {
    offer("mug", 12'000, 50);
    const auto sale = sale_of("mug", 50, 2);
    const auto who = customer();
    const auto first = request(who, {{"mug", 1, 900, 0}}, sale.id);
    EXPECT_TRUE(place(first).granted());
    EXPECT_TRUE(place(request(who, {{"mug", 1, 900, 0}}, sale.id)).granted());
    EXPECT_EQ(refused(place(request(who, {{"mug", 1, 900, 0}}, sale.id))).reason, domain::Refusal::limit_reached);
    EXPECT_TRUE(step(first.order, domain::Step::cancel).has_value());
    EXPECT_TRUE(place(request(who, {{"mug", 1, 900, 0}}, sale.id)).granted());
}

TEST_P(OrderBookContract, a_sale_sells_no_more_than_its_units_and_its_sku_is_sold_only_there) {
    offer("mug", 12'000, 50);
    const auto sale = sale_of("mug", 3, 1);
    int orders = 0;
    for (int i = 0; i < 5; ++i) orders += place(request(customer(), {{"mug", 1, 900, 0}}, sale.id)).granted() ? 1 : 0;
    EXPECT_EQ(orders, 3);
    EXPECT_EQ(refused(place(request(customer(), {{"mug", 1, 12'000, 0}}))).reason, domain::Refusal::not_for_sale);
    done(book().set_sale_state(sale.id, domain::SaleState::closed, start_ + seconds{9}));
    EXPECT_TRUE(place(request(customer(), {{"mug", 1, 12'000, 0}})).granted());
}

TEST_P(OrderBookContract, a_sale_grants_nothing_before_it_opens_or_while_it_is_paused) {
    offer("mug", 12'000, 50);
    const auto sale = sale_of("mug", 3, 1);
    auto early = request(customer(), {{"mug", 1, 900, 0}}, sale.id);
    early.placed_at = start_ - seconds{1};
    EXPECT_EQ(refused(place(early)).reason, domain::Refusal::sale_not_open);
    done(book().set_sale_state(sale.id, domain::SaleState::open, start_));
    done(book().set_sale_state(sale.id, domain::SaleState::paused, start_));
    EXPECT_EQ(refused(place(request(customer(), {{"mug", 1, 900, 0}}, sale.id))).reason,
              domain::Refusal::sale_not_open);
}

TEST_P(OrderBookContract, an_order_is_paid_prepared_shipped_delivered_returned_and_refunded) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    const PaymentId payment{uuids_.next(7)};
    for (const auto what : {domain::Step::begin_payment, domain::Step::payment_captured, domain::Step::prepare,
                            domain::Step::ship, domain::Step::deliver, domain::Step::give_back})
        ASSERT_TRUE(step(asked.order, what, payment).has_value()) << domain::to_string(what);
    EXPECT_EQ(level("mug").sold, 1);
    ASSERT_TRUE(step(asked.order, domain::Step::refund, std::nullopt, seconds{3}, true).has_value());
    EXPECT_EQ(level("mug").available, 5);
    EXPECT_EQ(done(book().find(asked.order))->state, domain::OrderState::refunded);
}

TEST_P(OrderBookContract, paying_twice_captures_once_and_the_second_money_goes_back) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    const PaymentId payment{uuids_.next(7)};
    const PaymentId other{uuids_.next(7)};
    ASSERT_TRUE(step(asked.order, domain::Step::begin_payment, payment).has_value());
    EXPECT_EQ(step(asked.order, domain::Step::begin_payment, other).error(), domain::StepRefusal::other_payment);
    ASSERT_TRUE(step(asked.order, domain::Step::payment_captured, payment).has_value());
    const auto again = step(asked.order, domain::Step::payment_captured, payment);
    EXPECT_FALSE(again->changed);
    EXPECT_FALSE(again->refund_due);
    EXPECT_TRUE(step(asked.order, domain::Step::payment_captured, other)->refund_due);
    EXPECT_EQ(level("mug").sold, 1);
}

TEST_P(OrderBookContract, a_hold_ends_once_and_never_before_its_time_or_while_it_is_being_paid) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    EXPECT_EQ(step(asked.order, domain::Step::expire).error(), domain::StepRefusal::not_due);
    ASSERT_EQ(done(book().overdue(start_ + seconds{400}, 10)).size(), 1U);
    ASSERT_TRUE(step(asked.order, domain::Step::begin_payment, PaymentId{uuids_.next(7)}).has_value());
    EXPECT_EQ(step(asked.order, domain::Step::expire, std::nullopt, seconds{400}).error(),
              domain::StepRefusal::wrong_state);
    EXPECT_TRUE(done(book().overdue(start_ + seconds{400}, 10)).empty());
    EXPECT_EQ(done(book().paying_since(start_ + seconds{400}, 10)).size(), 1U);
    ASSERT_TRUE(step(asked.order, domain::Step::payment_failed, done(book().find(asked.order))->payment, seconds{400}));
    EXPECT_EQ(level("mug").available, 5);
    EXPECT_FALSE(step(asked.order, domain::Step::expire, std::nullopt, seconds{401})->changed);
}

TEST_P(OrderBookContract, late_money_is_granted_again_while_units_remain_and_else_goes_back) {
    offer("mug", 12'000, 1);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    ASSERT_TRUE(step(asked.order, domain::Step::expire, std::nullopt, seconds{400}).has_value());
    const auto rival = request(customer(), {{"mug", 1, 12'000, 0}});
    place(rival);
    const PaymentId payment{uuids_.next(7)};
    EXPECT_TRUE(step(asked.order, domain::Step::payment_captured, payment, seconds{401})->refund_due);
    ASSERT_TRUE(step(rival.order, domain::Step::cancel).has_value());
    const auto late = step(asked.order, domain::Step::payment_captured, payment, seconds{402});
    EXPECT_FALSE(late->refund_due);
    EXPECT_EQ(late->order.state, domain::OrderState::paid);
    EXPECT_EQ(level("mug").sold, 1);
}

TEST_P(OrderBookContract, late_money_never_breaks_the_limit_of_a_sale) {
    offer("mug", 12'000, 9);
    const auto sale = sale_of("mug", 9, 1);
    const auto who = customer();
    const auto first = request(who, {{"mug", 1, 900, 0}}, sale.id);
    place(first);
    ASSERT_TRUE(step(first.order, domain::Step::expire, std::nullopt, seconds{400}).has_value());
    EXPECT_TRUE(place(request(who, {{"mug", 1, 900, 0}}, sale.id)).granted());
    EXPECT_TRUE(step(first.order, domain::Step::payment_captured, PaymentId{uuids_.next(7)}, seconds{401})->refund_due);
}

TEST_P(OrderBookContract, the_ledger_is_chained_over_restarts_and_replays_to_the_counters) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 2, 12'000, 0}});
    place(asked);
    world_->restart();
    step(asked.order, domain::Step::cancel);
    const auto entries = done(book().ledger_after(0, 100));
    ASSERT_EQ(entries.size(), 3U);
    domain::StockLevel replayed;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        EXPECT_EQ(entries[i].sequence, static_cast<std::int64_t>(i) + 1);
        EXPECT_TRUE(domain::apply(replayed, entries[i].movement, entries[i].units));
    }
    EXPECT_EQ(entries[1].hash, domain::chain(entries[0].hash, entries[1]));
    EXPECT_EQ(entries[2].hash, domain::chain(domain::epoch_genesis(entries[2].epoch, entries[1].hash), entries[2]));
    EXPECT_EQ(replayed, level("mug"));
    EXPECT_EQ(done(book().ledger_of(asked.order)).size(), 2U);
}

TEST_P(OrderBookContract, every_change_is_told_through_the_outbox_until_it_is_sent) {
    offer("mug", 12'000, 5);
    const auto asked = request(customer(), {{"mug", 1, 12'000, 0}});
    place(asked);
    step(asked.order, domain::Step::cancel);
    std::string told;
    std::int64_t last = 0;
    for (const auto& message : done(book().outbox(0, 100))) {
        if (message.topic == "reservations" || message.topic == "orders") told += message.events_json;
        last = message.position;
    }
    EXPECT_NE(told.find("order.reserved"), std::string::npos);
    EXPECT_NE(told.find("order.cancelled"), std::string::npos);
    done(book().outbox_sent(last));
    EXPECT_TRUE(done(book().outbox(0, 100)).empty());
}

TEST_P(OrderBookContract, a_price_gets_a_new_version_only_when_it_changes) {
    offer("mug", 12'000, 5);
    offer("mug", 12'000, 0);
    EXPECT_EQ(done(book().offers({"mug"})).front()->version, 1);
    offer("mug", 13'000, 0);
    EXPECT_EQ(done(book().offers({"mug"})).front()->version, 2);
    EXPECT_EQ(refused(place(request(customer(), {{"mug", 1, 13'000, 1}}))).reason, domain::Refusal::price_changed);
}

TEST_P(OrderBookContract, stock_cannot_be_withdrawn_below_what_is_available) {
    offer("mug", 12'000, 5);
    place(request(customer(), {{"mug", 4, 12'000, 0}}));
    const auto refused_change = done(
        book().change_stock({.sku = "mug", .movement = domain::Movement::withdraw, .units = 2, .reason = "broken"}));
    EXPECT_EQ(refused_change.error(), ports::OrderBook::StockRefusal::not_enough);
    EXPECT_EQ(level("mug").withdrawn, 0);
}

TEST_P(OrderBookContract, a_key_is_kept_until_its_time_is_over_and_its_order_stays) {
    offer("mug", 12'000, 50);
    std::vector<domain::OrderRequest> old;
    for (int i = 0; i < 7; ++i) {
        old.push_back(request(customer(), {{"mug", i < 4 ? 1 : 100, 12'000, 0}}));  // the last three are refused
        place(old.back());
    }
    auto young = request(old.front().customer, {{"mug", 1, 12'000, 0}});
    young.placed_at = start_ + std::chrono::hours{7 * 24};
    place(young);
    const auto forget = [&](WallTime before) {
        std::size_t keys = 0;
        std::optional<std::string> where;
        do {
            auto slice = done(book().forget_keys(before, std::move(where), 3));
            keys += slice.keys;
            where = std::move(slice.next);
        } while (where);
        return keys;
    };
    EXPECT_EQ(forget(old.front().placed_at), 0U);
    EXPECT_TRUE(place(old.front()).repeated);
    const std::size_t forgotten = forget(young.placed_at);
    EXPECT_TRUE(place(young).repeated);
    EXPECT_EQ(done(book().list({})).size(), 5U);
    EXPECT_EQ(done(book().find(old.front().order))->id, old.front().order);
    std::size_t unknown = 0;
    for (auto& asked : old) {
        asked.order = OrderId{uuids_.next(0)};
        if (!place(asked).repeated) ++unknown;
    }
    EXPECT_EQ(unknown, forgotten);
}

TEST_P(OrderBookContract, sent_messages_are_forgotten_after_their_time_and_unsent_ones_never) {
    offer("mug", 12'000, 5);
    place(request(customer(), {{"mug", 1, 12'000, 0}}));
    place(request(customer(), {{"mug", 1, 12'000, 0}}));
    const auto told = done(book().outbox(0, 100));
    ASSERT_GE(told.size(), 2U);
    const WallTime later = start_ + std::chrono::hours{24 * 365 * 100};
    EXPECT_EQ(done(book().forget_outbox(later, 100)), 0U);
    done(book().outbox_sent(told[told.size() - 2].position));
    EXPECT_EQ(done(book().forget_outbox(WallTime{}, 100)), 0U);
    EXPECT_EQ(done(book().forget_outbox(later, 1)), 1U);
    EXPECT_EQ(done(book().forget_outbox(later, 100)), told.size() - 2);
    EXPECT_EQ(done(book().outbox(0, 100)).size(), 1U);
}

}  // namespace marketday
