#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "ports/statistics.hpp"
#include "tests/support/run_task.hpp"

namespace marketday::contract {

struct StatisticsStore {
    virtual ~StatisticsStore() = default;
    virtual ports::Statistics& statistics() = 0;
    virtual ports::Leases& leases() = 0;
    /// Makes SKUs known.
    virtual void stock(const std::vector<std::string>& skus) = 0;
};

struct StatisticsFactory {
    std::string name;
    std::function<std::unique_ptr<StatisticsStore>()> make;
};

class StatisticsContract : public testing::TestWithParam<StatisticsFactory> {
protected:
    using Stat = ports::Statistics;

    void SetUp() override {
        store_ = GetParam().make();
        store_->stock({"cup", "pot"});
    }
    Stat& statistics() { return store_->statistics(); }
    std::size_t count(std::vector<Stat::Tally> tallies) {
        return run_task(statistics().count(std::move(tallies), now_)).value();
    }
    std::size_t visited(std::vector<Stat::Visit> visits) {
        return run_task(statistics().visited(std::move(visits))).value();
    }
    Stat::Figures figures(ports::ShopDay from = 0, ports::ShopDay to = 1000) {
        return run_task(
                   statistics().figures({.from = from, .to = to, .from_month = 0, .to_month = 100, .goods_max = 10}))
            .value();
    }
    static CustomerId customer(std::uint8_t number) {
        CustomerId id;
        id.uuid.bytes[0] = number;
        return id;
    }
    static Stat::Visit visit(ports::ShopDay day, ports::ShopMonth month, std::uint8_t who) {
        return {.day = day, .month = month, .customer = customer(who)};
    }

    const Currency krw_ = *Currency::parse("KRW");
    std::unique_ptr<StatisticsStore> store_;
    WallTime now_ = from_unix_ms(1'790'000'000'000);
};

TEST_P(StatisticsContract, a_message_counts_once_however_often_it_comes) {
    const Stat::Tally one{
        .id = "m1",
        .days = {{.day = 7, .signed_up = 1, .orders = 5, .paid = 2, .refunded = 1}},
        .money = {{7, {3000, krw_}, {1000, krw_}}},
        .goods = {{7, "cup", 2, {2000, krw_}}, {7, "pot", 1, {1000, krw_}}, {7, "cup", 1, {0, krw_}}}};
    EXPECT_EQ(count({one, one}), 1U);
    EXPECT_EQ(count({one}), 0U);
    Stat::Tally other = one;
    other.id = "m2";
    EXPECT_EQ(count({one, other}), 1U);
    const auto found = figures();
    ASSERT_EQ(found.days.size(), 1U);
    EXPECT_EQ(found.days[0].day, 7);
    EXPECT_EQ(found.days[0].signed_up, 2);
    EXPECT_EQ(found.days[0].orders, 10);
    EXPECT_EQ(found.days[0].paid, 4);
    EXPECT_EQ(found.days[0].refunded, 2);
    EXPECT_EQ(found.days[0].money, (std::vector<Stat::MoneyOf>{{{6000, krw_}, {2000, krw_}}}));
    ASSERT_EQ(found.best_goods.size(), 2U);
    EXPECT_EQ(found.best_goods[0].sku, "cup");
    EXPECT_EQ(found.best_goods[0].units, 6);
    EXPECT_EQ(found.best_goods[0].revenue, (Money{4000, krw_}));
    EXPECT_EQ(found.best_goods[1].sku, "pot");
}

TEST_P(StatisticsContract, a_visitor_counts_once_a_day_and_a_customer_once_a_month) {
    EXPECT_EQ(visited({visit(30, 1, 1), visit(30, 1, 1), visit(30, 1, 2)}), 2U);
    EXPECT_EQ(visited({{.day = 30, .month = 1, .customer = {}, .stranger = 77}}), 1U);
    EXPECT_EQ(visited({{.day = 30, .month = 1, .customer = {}, .stranger = 77}}), 0U);
    EXPECT_EQ(visited({visit(31, 1, 1)}), 1U);
    const auto found = figures();
    ASSERT_EQ(found.days.size(), 2U);
    EXPECT_EQ(found.days[0].visitors, 3);
    EXPECT_EQ(found.days[0].customers, 2);
    EXPECT_EQ(found.days[1].visitors, 1);
    ASSERT_EQ(found.months.size(), 1U);
    EXPECT_EQ(found.months[0].customers, 2);
}

TEST_P(StatisticsContract, retention_follows_those_who_were_first_seen_in_a_month) {
    visited({visit(10, 1, 1), visit(10, 1, 2), visit(11, 1, 3)});
    visited({visit(40, 2, 1), visit(41, 2, 1), visit(41, 2, 4)});
    visited({visit(70, 3, 1), visit(70, 3, 2)});
    std::vector<std::array<std::int64_t, 3>> rows;
    const auto found = figures();
    for (const auto& one : found.retention) rows.push_back({one.cohort, one.months_later, one.customers});
    EXPECT_EQ(rows, (std::vector<std::array<std::int64_t, 3>>{{1, 0, 3}, {1, 1, 1}, {1, 2, 2}, {2, 0, 1}}));
}

TEST_P(StatisticsContract, figures_are_of_the_days_that_were_asked_for) {
    for (const std::int64_t day : {3, 5, 9})
        count({{.id = "day " + std::to_string(day),
                .days = {{.day = day, .orders = 1}},
                .goods = {{day, "cup", day, {1, krw_}}}}});
    const auto found = figures(4, 9);
    ASSERT_EQ(found.days.size(), 1U);
    EXPECT_EQ(found.days[0].day, 5);
    EXPECT_EQ(found.best_goods[0].units, 5);
}

TEST_P(StatisticsContract, who_came_long_ago_is_forgotten_but_not_how_many) {
    const auto fence = run_task(store_->leases().acquire("forget", "me", now_, seconds{60})).value().value();
    visited({visit(10, 1, 1), visit(10, 1, 2), visit(20, 1, 1)});
    EXPECT_EQ(run_task(statistics().forget_visits(20, 1, fence)).value(), 1U);
    EXPECT_EQ(run_task(statistics().forget_visits(20, 10, fence)).value(), 1U);
    EXPECT_EQ(run_task(statistics().forget_visits(20, 10, fence)).value(), 0U);
    EXPECT_EQ(figures().days[0].visitors, 2);
    EXPECT_EQ(visited({visit(20, 1, 1)}), 0U);
}

TEST_P(StatisticsContract, a_recount_names_what_differs) {
    EXPECT_FALSE(run_task(statistics().last_check()).value());
    visited({visit(20'000, 1, 1)});
    const Stat::Recount all{.from = 19'990, .to = 20'010, .utc_offset = milliseconds{0}, .now = now_};
    auto check = run_task(statistics().recount(all)).value();
    ASSERT_TRUE(check);
    EXPECT_EQ(check->days, 20);
    EXPECT_THAT(check->differences, testing::IsEmpty());
    count({{.id = "ghost", .days = {{.day = 20'001, .orders = 3}}, .money = {{20'001, {500, krw_}, {0, krw_}}}}});
    check = run_task(statistics().recount(all)).value();
    const Stat::Difference orders{20'001, "orders", 3, 0};
    const Stat::Difference revenue{20'001, "revenue KRW", 500, 0};
    EXPECT_THAT(check->differences, testing::ElementsAre(orders, revenue));
    const auto kept = run_task(statistics().last_check()).value();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->at, now_);
    EXPECT_EQ(kept->differences, check->differences);
}

}  // namespace marketday::contract
