#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/baskets.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct BasketsStore {
    virtual ~BasketsStore() = default;
    virtual ports::Baskets& baskets() = 0;
};

struct BasketsFactory {
    std::string name;
    std::function<std::unique_ptr<BasketsStore>()> make;
};

/// INSTANTIATE_TEST_SUITE_P(Sqlite, BasketsContract, testing::Values(BasketsFactory{…}));
class BasketsContract : public testing::TestWithParam<BasketsFactory> {
protected:
    using Baskets = ports::Baskets;
    using Kind = domain::BasketChange::Kind;

    void SetUp() override { store_ = GetParam().make(); }
    static Baskets::Owner customer(std::uint8_t number) { return Baskets::of_customer({uuid(number)}); }
    static Baskets::Owner visitor(std::uint8_t number) { return Baskets::of_visitor(uuid(number)); }
    static Uuid uuid(std::uint8_t number) {
        Uuid id;
        id.bytes.fill(number);
        return id;
    }
    static WallTime at(std::int64_t s) { return from_unix_ms(1'790'000'000'000 + s * 1000); }

    domain::Basket find(Baskets::Owner owner) { return run_task(store_->baskets().find(owner)).value(); }
    auto change(Baskets::Owner owner, std::vector<domain::BasketChange> changes, std::int64_t s = 0) {
        return run_task(store_->baskets().change(owner, std::move(changes), at(s))).value();
    }
    static domain::Basket of(std::vector<domain::BasketLine> lines) { return {std::move(lines)}; }

    std::unique_ptr<BasketsStore> store_;
};

TEST_P(BasketsContract, a_basket_begins_empty_and_is_found_as_it_was_changed) {
    EXPECT_TRUE(find(customer(1)).lines.empty());
    const domain::Basket expected = of({{"exu-%3F!", 2, 12'000}, {"tea", 1, 0}});
    EXPECT_EQ(change(customer(1), {{Kind::set, "exu-%3F!", 2, 12'000}, {Kind::add, "tea", 1, 0}}).value(), expected);
    EXPECT_EQ(find(customer(1)), expected);
}

TEST_P(BasketsContract, baskets_of_customers_and_visitors_are_kept_apart) {
    ASSERT_TRUE(change(customer(1), {{Kind::set, "mug", 1, 5}}));
    EXPECT_TRUE(find(customer(2)).lines.empty());
    EXPECT_TRUE(find(visitor(1)).lines.empty());
}

TEST_P(BasketsContract, a_refused_change_changes_nothing) {
    ASSERT_TRUE(change(visitor(1), {{Kind::set, "mug", 1, 5}}));
    const auto refused = change(visitor(1), {{Kind::set, "tea", 1, 5}, {Kind::add, "mug", 999, 5}});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), domain::BasketRefusal::bad_quantity);
    EXPECT_EQ(find(visitor(1)), of({{"mug", 1, 5}}));
}

TEST_P(BasketsContract, a_merge_ends_the_visitors_basket_and_may_be_repeated) {
    ASSERT_TRUE(change(visitor(1), {{Kind::set, "mug", 2, 5}, {Kind::set, "tea", 1, 7}}));
    ASSERT_TRUE(change(customer(1), {{Kind::set, "mug", 1, 5}}));
    const domain::Basket merged = of({{"mug", 2, 5}, {"tea", 1, 7}});
    EXPECT_EQ(run_task(store_->baskets().merge(visitor(1), customer(1), at(1))).value(), merged);
    EXPECT_TRUE(find(visitor(1)).lines.empty());
    EXPECT_EQ(run_task(store_->baskets().merge(visitor(1), customer(1), at(2))).value(), merged);
    EXPECT_EQ(find(customer(1)), merged);
}

TEST_P(BasketsContract, what_was_ordered_is_taken_out) {
    ASSERT_TRUE(change(customer(1), {{Kind::set, "mug", 2, 5}, {Kind::set, "tea", 1, 7}}));
    std::vector<domain::OrderLine> ordered(1);
    ordered[0] = {.sku = "mug", .quantity = 2};
    EXPECT_EQ(run_task(store_->baskets().take_ordered(customer(1), ordered, at(1))).value(), of({{"tea", 1, 7}}));
    EXPECT_EQ(find(customer(1)), of({{"tea", 1, 7}}));
}

TEST_P(BasketsContract, only_what_nobody_touched_is_forgotten) {
    ASSERT_TRUE(change(visitor(1), {{Kind::set, "mug", 1, 5}}, 0));
    ASSERT_TRUE(change(visitor(2), {{Kind::set, "mug", 1, 5}}, 0));
    ASSERT_TRUE(change(visitor(3), {{Kind::set, "mug", 1, 5}}, 0));
    ASSERT_TRUE(change(customer(1), {{Kind::set, "mug", 1, 5}}, 0));
    ASSERT_TRUE(change(visitor(3), {{Kind::add, "mug", 1, 5}}, 100));
    const auto forget = [&](std::size_t most) {
        return run_task(store_->baskets().forget(Baskets::OwnerKind::visitor, at(50), most)).value();
    };
    EXPECT_EQ(forget(1), 1U);
    EXPECT_EQ(forget(10), 1U);
    EXPECT_EQ(forget(10), 0U);
    EXPECT_EQ(find(visitor(3)).lines.size(), 1U);
    EXPECT_EQ(find(customer(1)).lines.size(), 1U);
}

}  // namespace marketday::contract
