#include "domain/basket.hpp"

#include <gtest/gtest.h>

namespace marketday::domain {
namespace {

using Kind = BasketChange::Kind;

Basket of(std::vector<BasketLine> lines) { return {std::move(lines)}; }

TEST(BasketTest, a_line_is_set_added_to_and_taken_out) {
    const auto set = change_basket({}, {{Kind::set, "mug", 2, 100}, {Kind::add, "tea", 1, 50}});
    ASSERT_TRUE(set);
    EXPECT_EQ(*set, of({{"mug", 2, 100}, {"tea", 1, 50}}));
    EXPECT_EQ(change_basket(*set, {{Kind::add, "mug", 3, 110}}).value(), of({{"mug", 5, 110}, {"tea", 1, 50}}));
    EXPECT_EQ(change_basket(*set, {{Kind::set, "mug", 0, 0}}).value(), of({{"tea", 1, 50}}));
    EXPECT_EQ(change_basket(*set, {{Kind::set, "pen", 0, 0}}).value(), *set);
}

TEST(BasketTest, editing_a_quantity_does_not_hide_that_the_price_changed) {
    const Basket basket = of({{"mug", 2, 100}});
    EXPECT_EQ(change_basket(basket, {{Kind::set, "mug", 3, 120}}).value(), of({{"mug", 3, 100}}));
    EXPECT_EQ(change_basket(basket, {{Kind::accept, "mug", 1, 120}}).value(), of({{"mug", 2, 120}}));
    EXPECT_EQ(change_basket(basket, {{Kind::accept, "tea", 1, 120}}).value(), basket);
}

TEST(BasketTest, quantities_have_a_limit_and_one_bad_change_spoils_all) {
    const Basket basket = of({{"mug", 998, 100}});
    for (const std::int64_t quantity : {std::int64_t{-1}, kBasketQuantityMax + 1, std::int64_t{INT64_MAX}})
        EXPECT_EQ(change_basket(basket, {{Kind::set, "mug", quantity, 1}}).error(), BasketRefusal::bad_quantity);
    const auto added = change_basket(basket, {{Kind::set, "tea", 1, 1}, {Kind::add, "mug", 2, 1}});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error(), BasketRefusal::bad_quantity);
}

TEST(BasketTest, a_basket_holds_fifty_lines) {
    Basket basket;
    for (std::size_t i = 0; i < kBasketLinesMax; ++i) basket.lines.push_back({"sku-" + std::to_string(i), 1, 1});
    EXPECT_EQ(change_basket(basket, {{Kind::add, "more", 1, 1}}).error(), BasketRefusal::full);
    EXPECT_TRUE(change_basket(basket, {{Kind::add, "sku-7", 1, 1}}));
    EXPECT_EQ(merge_baskets(basket, of({{"more", 1, 1}, {"sku-7", 4, 1}})).lines.size(), kBasketLinesMax);
}

TEST(BasketTest, a_merge_that_is_repeated_changes_nothing_more) {
    const Basket visitor = of({{"tea", 2, 50}, {"mug", 1, 100}});
    const Basket merged = merge_baskets(of({{"mug", 3, 90}}), visitor);
    EXPECT_EQ(merged, of({{"mug", 3, 90}, {"tea", 2, 50}}));
    EXPECT_EQ(merge_baskets(merged, visitor), merged);
}

TEST(BasketTest, what_was_ordered_leaves_and_the_rest_stays) {
    const Basket basket = of({{"mug", 3, 100}, {"tea", 2, 50}, {"pen", 1, 10}});
    std::vector<OrderLine> ordered(2);
    ordered[0] = {.sku = "mug", .quantity = 1};
    ordered[1] = {.sku = "tea", .quantity = 2};
    EXPECT_EQ(take_ordered(basket, ordered), of({{"mug", 2, 100}, {"pen", 1, 10}}));
}

}  // namespace
}  // namespace marketday::domain
