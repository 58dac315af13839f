#include "http/routes_fulfilment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace marketday::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

domain::Order order() {
    domain::Order made;
    made.total = {12'000, *Currency::parse("KRW")};
    made.lines = {{"lamp-1", 2, 5'000, 0}, {"lamp-2", 1, 2'000, 0}};
    made.address.recipient = "Kim";
    made.address.city = "Seoul";
    return made;
}

TEST(OrdersCsv, has_one_row_a_line_and_a_header_on_the_first_page_only) {
    const std::string first = orders_csv({order()}, true);
    EXPECT_THAT(first, StartsWith("order,number,state,"));
    EXPECT_EQ(std::ranges::count(first, '\n'), 3);
    EXPECT_EQ(std::ranges::count(orders_csv({order()}, false), '\n'), 2);
    EXPECT_EQ(orders_csv({}, false), "");
    EXPECT_THAT(first, EndsWith("\r\n"));
}

TEST(OrdersCsv, quotes_what_would_break_a_row) {
    auto naughty = order();
    naughty.address.recipient = "a \"b\", c\r\nd";
    EXPECT_THAT(orders_csv({naughty}, false), HasSubstr(",\"a \"\"b\"\", c\r\nd\","));
}

TEST(OrdersCsv, makes_formulas_plain_text) {
    auto naughty = order();
    naughty.address.recipient = "=HYPERLINK(\"http://x\")";
    naughty.address.city = "@SUM(1)";
    const std::string csv = orders_csv({naughty}, false);
    EXPECT_THAT(csv, HasSubstr(",\"'=HYPERLINK(\"\"http://x\"\")\","));
    EXPECT_THAT(csv, HasSubstr(",'@SUM(1),"));
}

}  // namespace
}  // namespace marketday::http
