#include "http/pages/format.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;

Money money(std::int64_t minor, std::string_view currency) { return {minor, *Currency::parse(currency)}; }
WallTime when(std::string_view text) { return from_unix_ms(*from_rfc3339(text)); }
constexpr std::chrono::minutes kSeoul{540};

TEST(Format, won_yen_and_dollars_are_written_as_each_language_does) {
    EXPECT_EQ(shown_money(money(12000, "KRW"), Language::ko), "12,000원");
    EXPECT_EQ(shown_money(money(12000, "KRW"), Language::ja), "12,000ウォン");
    EXPECT_EQ(shown_money(money(12000, "KRW"), Language::en), "₩12,000");
    EXPECT_EQ(shown_money(money(1200, "JPY"), Language::ko), "1,200엔");
    EXPECT_EQ(shown_money(money(1200, "JPY"), Language::ja), "1,200円");
    EXPECT_EQ(shown_money(money(1200, "JPY"), Language::en), "¥1,200");
    EXPECT_EQ(shown_money(money(1990, "USD"), Language::en), "$19.90");
    EXPECT_EQ(shown_money(money(123456789, "USD"), Language::ko), "US$1,234,567.89");
    EXPECT_EQ(shown_money(money(5, "USD"), Language::en), "$0.05");
    EXPECT_EQ(machine_amount(money(1990, "USD")), "19.90");
    EXPECT_EQ(machine_amount(money(12000, "KRW")), "12000");
}

TEST(Format, times_are_of_the_shops_clock) {
    const WallTime two = when("2026-11-21T05:00:00Z");
    EXPECT_EQ(shown_time(two, kSeoul, Language::ko), "2026년 11월 21일 14:00");
    EXPECT_EQ(shown_time(two, kSeoul, Language::ja), "2026年11月21日 14:00");
    EXPECT_EQ(shown_time(two, kSeoul, Language::en), "21 November 2026, 14:00");
    EXPECT_EQ(shown_day(when("2026-12-31T15:30:00Z"), kSeoul, Language::en), "1 January 2027");
    EXPECT_EQ(machine_time(two), "2026-11-21T05:00:00.000Z");
}

TEST(Format, what_is_left_counts_days_apart) {
    EXPECT_EQ(shown_countdown(seconds{35'947}, Language::en), "09:59:07");
    EXPECT_EQ(shown_countdown(seconds{86'400 + 61}, Language::en), "1 day 00:01:01");
    EXPECT_EQ(shown_countdown(seconds{3 * 86'400}, Language::ja), "3日 00:00:00");
    EXPECT_EQ(shown_countdown(seconds{-5}, Language::ko), "00:00:00");
}

TEST(Format, a_hold_is_told_in_minutes) {
    EXPECT_EQ(shown_hold(seconds{272}), "4:32");
    EXPECT_EQ(shown_hold(seconds{9}), "0:09");
    EXPECT_EQ(shown_hold(seconds{-1}), "0:00");
    EXPECT_EQ(shown_hold(seconds{3'872}), "1:04:32");
}

TEST(Format, a_sales_name_is_read_from_its_json) {
    const auto name = local_text_of(R"({"ko":"달항아리","en":"Moon jar","xx":"?","ja":3})");
    EXPECT_EQ(name.in(Language::ko), "달항아리");
    EXPECT_EQ(name.best(Language::ja), "Moon jar");
    EXPECT_TRUE(local_text_of("[1").empty());
}

TEST(Format, long_texts_are_cut_between_characters_and_lines_are_joined) {
    EXPECT_EQ(shortened("한 줄\n두  줄", 20), "한 줄 두 줄");
    EXPECT_EQ(shortened("가나다라", 3), "가나다…");
    EXPECT_EQ(shortened("", 3), "");
}

}  // namespace
}  // namespace marketday::http::pages
