#pragma once

#include "tests/contract/order_book_contract.hpp"

namespace marketday {

TEST_P(OrderBookContract, orders_of_one_state_are_listed_newest_first_whatever_else_there_is) {
    offer("mug", 12'000, 50);
    std::map<domain::OrderState, std::vector<OrderId>> placed;
    const auto place_in = [&](domain::OrderState state, const std::vector<domain::Step>& steps) {
        placed[state].insert(placed[state].begin(), place_and(steps, {"mug", 1, 12'000, 0}));
    };
    using enum domain::Step;
    for (int i = 0; i < 3; ++i) {
        place_in(domain::OrderState::reserved, {});
        place_in(domain::OrderState::paying, {begin_payment});
        place_in(domain::OrderState::paid, {begin_payment, payment_captured});
        place_in(domain::OrderState::shipped, {begin_payment, payment_captured, prepare, ship});
        place_in(domain::OrderState::cancelled, {cancel});
    }
    for (const auto& [state, expected] : placed) {
        ports::OrderBook::OrderQuery query;
        query.state = state;
        query.orders_max = 2;
        std::vector<OrderId> listed;
        for (const auto& order : done(book().list(query))) listed.push_back(order.id);
        EXPECT_EQ(listed, (std::vector{expected[0], expected[1]})) << domain::to_string(state);
        query.before = listed.back();
        const auto rest = done(book().list(query));
        ASSERT_EQ(rest.size(), 1U) << domain::to_string(state);
        EXPECT_EQ(rest[0].id, expected[2]);
        query.from = expected[1];
        EXPECT_TRUE(done(book().list(query)).empty());
    }
}

TEST_P(OrderBookContract, orders_of_one_sale_are_listed_newest_first_in_whatever_state_they_are) {
    offer("mug", 12'000, 50);
    offer("pen", 2'000, 50);
    const auto sale = sale_of("mug", 50, 9);
    const auto other = sale_of("pen", 50, 9);
    using enum domain::Step;
    std::vector<OrderId> expected;
    for (const auto& way : std::vector<std::vector<domain::Step>>{
             {}, {begin_payment}, {cancel}, {begin_payment, payment_captured}, {}, {cancel}, {begin_payment}}) {
        expected.insert(expected.begin(), place_and(way, {"mug", 1, 900, 0}, sale.id));
        place_and({}, {"pen", 1, 900, 0}, other.id);
    }
    ports::OrderBook::OrderQuery query;
    query.sale = sale.id;
    query.orders_max = 3;
    std::vector<OrderId> listed;
    for (std::size_t size = query.orders_max; size == query.orders_max;) {
        const auto page = done(book().list(query));
        for (const auto& order : page) listed.push_back(order.id);
        if (!page.empty()) query.before = listed.back();
        size = page.size();
    }
    EXPECT_EQ(listed, expected);
    query.before = std::nullopt;
    query.state = domain::OrderState::cancelled;
    const auto cancelled = done(book().list(query));
    ASSERT_EQ(cancelled.size(), 2U);
    EXPECT_EQ(cancelled[0].id, expected[1]);
}

TEST_P(OrderBookContract, a_customers_orders_are_listed_newest_first_and_page_by_page) {
    offer("mug", 12'000, 50);
    const auto who = customer();
    std::vector<OrderId> placed;
    for (int i = 0; i < 5; ++i) {
        const auto asked = request(who, {{"mug", 1, 12'000, 0}});
        place(asked);
        placed.push_back(asked.order);
    }
    place(request(customer(), {{"mug", 1, 12'000, 0}}));
    ports::OrderBook::OrderQuery query;
    query.customer = who;
    query.orders_max = 3;
    const auto first = done(book().list(query));
    ASSERT_EQ(first.size(), 3U);
    EXPECT_EQ(first[0].id, placed[4]);
    query.before = first.back().id;
    EXPECT_EQ(done(book().list(query)).size(), 2U);
    EXPECT_EQ(done(book().list({})).size(), 6U);
}

}  // namespace marketday
