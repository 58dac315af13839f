#include "audit/audit.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "audit/audit_test_sale.hpp"

namespace marketday::audit {
namespace {

using testing::HasSubstr;

TEST(Audit, finds_nothing_in_a_shop_that_keeps_its_word) {
    AfterSale sale;
    const Report report = sale.audit(true);
    EXPECT_TRUE(report.holds()) << report.to_text();
    EXPECT_EQ(report.orders, 6);
    EXPECT_EQ(report.units_sold, 4);
    EXPECT_EQ(report.orders_sold, 2);
    EXPECT_EQ(report.orders_acknowledged, 6);
    EXPECT_EQ(report.orders_lost, 0);
    EXPECT_EQ(report.contradictions, 0);
    EXPECT_EQ(report.ledger_head.size(), 64U);
    fmt::print("{}", report.to_text());
}

TEST(Audit, counts_what_is_pending_without_calling_it_a_violation_while_the_shop_runs) {
    AfterSale sale;
    sale.shop.plant("UPDATE outbox SET sent = 0 WHERE position = 2;");
    const Report report = sale.audit();
    EXPECT_TRUE(report.holds());
    EXPECT_EQ(report.outbox_pending, 1);
}

TEST(Audit, reads_nothing_into_operations_whose_outcome_is_unknown) {
    AfterSale sale;
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-none","outcome":"unknown"}})",
                               sale.shop.customer(1).to_string()));
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","outcome":"unknown"}})",
                               sale.shop.customer(1).to_string()));
    sale.shop.tell(fmt::format(R"({{"op":"order","customer":"{}","key":"k-1","outcome":"refused","reason":"busy"}})",
                               sale.shop.customer(1).to_string()));
    EXPECT_TRUE(sale.audit().holds());
}

TEST(Audit, tells_how_far_it_has_come_and_can_be_stopped) {
    AfterSale sale;
    std::vector<Progress> told;
    const auto report =
        run({.database = sale.shop.file(), .tell = [&told](const Progress& now) { told.push_back(now); }});
    ASSERT_TRUE(report) << report.error();
    ASSERT_FALSE(told.empty());
    for (std::size_t i = 0; i < told.size(); ++i) {
        EXPECT_EQ(told[i].step, static_cast<int>(i) + 1);
        EXPECT_EQ(told[i].steps, static_cast<int>(told.size()));
        EXPECT_FALSE(told[i].doing.empty());
    }
    EXPECT_EQ(std::ranges::count(told, report->ledger_entries, &Progress::of), 1);
    const std::atomic<bool> stop{true};
    const auto stopped = run({.database = sale.shop.file(), .stop = &stop});
    ASSERT_FALSE(stopped);
    EXPECT_THAT(stopped.error(), HasSubstr("stopped"));
}

TEST(Audit, refuses_what_it_cannot_read_in_one_line) {
    EXPECT_THAT(run({"/nowhere/marketday.db", {}, false}).error(), HasSubstr("there is no /nowhere/marketday.db"));
    AfterSale sale;
    sale.shop.write_history();
    const auto no_history = run({sale.shop.file(), {"/nowhere/history.jsonl"}, false});
    ASSERT_FALSE(no_history);
    EXPECT_THAT(no_history.error(), HasSubstr("cannot read the history"));
    const auto not_a_database = run({sale.shop.history_file(), {}, false});
    ASSERT_FALSE(not_a_database);
    EXPECT_EQ(not_a_database.error().find('\n'), std::string::npos);
    std::ofstream{sale.shop.history_file()} << "{\"op\":\"order\",\"outcome\":\"ok\"}\nno json\n\n";
    const auto bad_line = run({sale.shop.file(), {sale.shop.history_file()}, false});
    ASSERT_FALSE(bad_line);
    EXPECT_THAT(bad_line.error(), HasSubstr("line 2 is not a JSON object"));
}

TEST(History, takes_half_a_last_line_for_the_end_of_a_killed_crowd) {
    AfterSale sale;
    sale.shop.write_history();
    std::ofstream{sale.shop.history_file(), std::ios::app} << R"({"op":"order","cust)";
    EXPECT_TRUE(run({sale.shop.file(), {sale.shop.history_file()}, false})->holds());
}

TEST(Report, groups_thousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(20000), "20,000");
    EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace marketday::audit
