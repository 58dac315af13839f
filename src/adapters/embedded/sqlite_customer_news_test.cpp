#include "adapters/embedded/sqlite_customer_news.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.hpp"

namespace marketday::adapters {
namespace {

CustomerId random_customer(SeededRandom& random, std::uint64_t of) {
    SeededRandom maker{random.below(of)};
    CustomerId customer;
    maker.fill(customer.uuid.bytes);
    return customer;
}

OrderId random_order(SeededRandom& random) {
    OrderId order;
    random.fill(order.uuid.bytes);
    return order;
}

TEST(CustomerNews, finds_what_was_put_and_nothing_else) {
    SeededRandom random{1};
    CustomerNews news;
    std::map<std::pair<CustomerId, std::string>, OrderId> expected;
    for (int i = 0; i < 20'000; ++i) {
        const CustomerId customer = random_customer(random, 3'000);
        const std::string key = fmt::format("key-{}", random.below(20));
        const OrderId order = random_order(random);
        news.put(customer, key, {}, order, {}, WallTime{});
        expected[{customer, key}] = order;
    }
    for (const auto& [name, order] : expected) {
        const auto* found = news.find(name.first, name.second);
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->order, order) << "the later entry counts";
        EXPECT_EQ(news.find(name.first, name.second + "x"), nullptr);
    }
    EXPECT_EQ(news.size(), expected.size());
}

TEST(CustomerNews, keeps_limits_apart_from_keys_of_the_same_bytes) {
    CustomerNews news;
    const CustomerNews::LimitKey limit{'l', 'i', 'm', 'i', 't'};
    news.put(CustomerId{}, limit, 3, WallTime{});
    EXPECT_EQ(news.find(CustomerId{}, std::string_view{reinterpret_cast<const char*>(limit.data()), limit.size()}),
              nullptr);
    ASSERT_NE(news.find(CustomerId{}, limit), nullptr);
    EXPECT_EQ(news.find(CustomerId{}, limit)->units, 3);
}

TEST(CustomerNews, a_refusal_is_kept_word_for_word) {
    CustomerNews news;
    news.put(CustomerId{}, "a", {}, OrderId{}, R"({"reason":1})", WallTime{});
    news.put(CustomerId{}, "b", {}, OrderId{}, R"({"reason":2})", WallTime{});
    EXPECT_EQ(news.refusal_of(*news.find(CustomerId{}, "a")), R"({"reason":1})");
    EXPECT_EQ(news.refusal_of(*news.find(CustomerId{}, "b")), R"({"reason":2})");
}

TEST(CustomerNews, walks_every_entry_once_in_the_order_of_customers) {
    SeededRandom random{2};
    CustomerNews news;
    for (int i = 0; i < 9'000; ++i) {
        const CustomerId customer = random_customer(random, 4'000);
        news.put(customer, fmt::format("key-{}", i), {}, random_order(random), {}, WallTime{});
        news.put(customer, CustomerNews::LimitKey{static_cast<std::uint8_t>(i % 3)}, i, WallTime{});
    }
    std::size_t seen = 0;
    CustomerId last;
    while (const auto next = news.next()) {
        const CustomerId customer = next->key != nullptr ? next->key->customer : next->limit->customer;
        EXPECT_LE(last, customer);
        last = customer;
        ++seen;
    }
    EXPECT_EQ(seen, news.size());
    EXPECT_FALSE(news.next());
}

TEST(CustomerNews, gives_a_customer_its_own_orders_only) {
    SeededRandom random{3};
    CustomerNews news;
    std::map<CustomerId, std::vector<OrderId>> expected;
    for (int i = 0; i < 5'000; ++i) {
        const CustomerId customer = random_customer(random, 500);
        const OrderId order = random_order(random);
        news.put(customer, fmt::format("key-{}", i), {}, order, {}, WallTime{});
        expected[customer].push_back(order);
    }
    for (auto& [customer, orders] : expected) {
        std::vector<OrderId> found;
        news.append_orders(customer, found);
        std::ranges::sort(found);
        std::ranges::sort(orders);
        EXPECT_EQ(found, orders);
    }
}

}  // namespace
}  // namespace marketday::adapters
