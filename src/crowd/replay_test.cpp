#include "crowd/replay.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace marketday::crowd {
namespace {

const std::string kHeading = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

TEST(Replay, groups_the_lines_of_an_invoice_and_keeps_the_order_of_time) {
    const auto file =
        read_invoices(kHeading +
                      "2,B,later,1,2010-12-01 08:30:00,1.5,17851.0,France\n"
                      "1,A,\"A, with a comma and \"\"quotes\"\"\",6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\r\n"
                      "1,C,,2,2010-12-01 08:26:00,3,17850.0,United Kingdom\n"
                      "1,A,again,1,2010-12-01 08:26:00,2.55,17850.0,United Kingdom\n");
    ASSERT_TRUE(file.has_value()) << file.error().message;
    ASSERT_EQ(file->invoices.size(), 2U);
    const Invoice& first = file->invoices[0];
    EXPECT_EQ(first.at_s, 0);
    EXPECT_EQ(first.customer, "17850.0");
    ASSERT_EQ(first.lines.size(), 2U);
    EXPECT_EQ(first.lines[0].sku, "uci-A");
    EXPECT_EQ(first.lines[0].quantity, 7);
    EXPECT_EQ(file->invoices[1].at_s, 240);
}

TEST(Replay, passes_over_what_was_no_purchase) {
    const auto file = read_invoices(kHeading +
                                    "C1,A,cancelled,1,2010-12-01 08:26:00,2.55,1,UK\n"
                                    "2,A,returned,-1,2010-12-01 08:26:00,2.55,1,UK\n"
                                    "3,A,free,1,2010-12-01 08:26:00,0,1,UK\n"
                                    "4,A,no date,1,yesterday,1,1,UK\n"
                                    "5,A,short row\n"
                                    "6,A,good,1,2010-12-01 08:26:00,0.01,,UK\n");
    ASSERT_TRUE(file.has_value());
    EXPECT_EQ(file->rows, 6U);
    EXPECT_EQ(file->rows_skipped, 5U);
    ASSERT_EQ(file->invoices.size(), 1U);
    EXPECT_TRUE(file->invoices[0].customer.empty());
}

TEST(Replay, splits_a_basket_of_more_than_fifty_lines) {
    std::string csv = kHeading;
    for (int i = 0; i < 120; ++i) csv += fmt::format("1,S{},x,1,2010-12-01 08:26:00,1,1,UK\n", i);
    const auto file = read_invoices(csv);
    ASSERT_TRUE(file.has_value());
    ASSERT_EQ(file->invoices.size(), 3U);
    EXPECT_EQ(file->invoices[0].lines.size(), 50U);
    EXPECT_EQ(file->invoices[2].lines.size(), 20U);
    EXPECT_EQ(file->invoices[2].lines[0].sku, "uci-S100");
}

TEST(Replay, refuses_what_is_no_orders_file) {
    EXPECT_FALSE(read_invoices("period,count\n1,2\n").has_value());
    EXPECT_FALSE(read_invoices("").has_value());
    EXPECT_FALSE(read_invoices(kHeading).has_value());
}

}  // namespace
}  // namespace marketday::crowd
