#include "http/pages/texts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace marketday::http::pages {
namespace {

using domain::Language;

template <class Test>
void each_row(Test test) {
    for (const auto& block : kTextBlocks)
        for (const TextRow& row : block) test(row);
}

bool has_code_point(std::string_view text, char32_t first, char32_t last) {
    for (std::size_t i = 0; i + 2 < text.size(); ++i) {
        const auto byte = [&](std::size_t at) {
            return static_cast<char32_t>(static_cast<unsigned char>(text[i + at]));
        };
        if ((byte(0) & 0xf0) != 0xe0) continue;
        const char32_t point = (byte(0) & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
        if (point >= first && point <= last) return true;
    }
    return false;
}

TEST(Texts, every_text_is_there_in_korean_japanese_and_english) {
    // Names and numbers alone are the same everywhere.
    const std::set<std::string_view> alike{"sale.timer"};
    each_row([&](const TextRow& row) {
        EXPECT_FALSE(row.ko.empty() || row.ja.empty() || row.en.empty()) << row.key;
        if (alike.contains(row.key)) return;
        EXPECT_TRUE(has_code_point(row.ko, 0xac00, 0xd7a3)) << row.key << ": no Hangul in " << row.ko;
        EXPECT_TRUE(has_code_point(row.ja, 0x3041, 0x30ff) || has_code_point(row.ja, 0x4e00, 0x9fff))
            << row.key << ": no Japanese in " << row.ja;
        EXPECT_FALSE(has_code_point(row.ja, 0xac00, 0xd7a3)) << row.key << ": Hangul in " << row.ja;
        EXPECT_FALSE(has_code_point(row.en, 0x3041, 0xd7a3)) << row.key << ": not English: " << row.en;
    });
}

TEST(Texts, every_key_is_there_once) {
    std::set<std::string_view> seen;
    each_row([&](const TextRow& row) { EXPECT_TRUE(seen.insert(row.key).second) << row.key << " is there twice"; });
}

TEST(Texts, values_take_the_place_of_their_names) {
    const Texts texts(Language::en);
    EXPECT_EQ(texts("nav.basket_count", {{"n", "3"}}), "Basket, 3 items");
    EXPECT_EQ(texts.counted(1, "goods.count_one", "goods.count"), "1 product");
    EXPECT_EQ(texts.counted(42844, "goods.count_one", "goods.count"), "42,844 products");
}

TEST(Texts, numbers_are_grouped_by_thousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(-1234567), "-1,234,567");
}

}  // namespace
}  // namespace marketday::http::pages
