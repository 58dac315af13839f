#include "usecases/import_row.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"

namespace marketday::usecases {
namespace {

using domain::Language;
using testing::HasSubstr;
using Kind = ImportRow::Kind;

ImportPolicy won(std::string_view no_price = "") {
    const auto krw = *Currency::parse("KRW");
    return {krw, no_price.empty() ? NoPriceChoice{} : parse_no_price(no_price, krw).value()};
}

ImportPolicy pounds() { return {*Currency::parse("GBP"), {}}; }

std::string reason(std::string_view record) { return read_json_row(record, won("hide")).reason; }

constexpr std::string_view kWhole =
    R"({"sku":"demo-1","source":"demo","name":{"en":"Mug","ko":"머그"},"name_derived":{"ja":"マグ"},)"
    R"("description":{"en":"two\nlines"},"category":["Home",{"en":"Mugs","ko":"머그"}],"rarity":null,)"
    R"("released":"2026-03-05","variants":[],"price":{"amount":12000,"currency":"KRW"},"stock":120,"weight_g":350})";

TEST(ImportRowTest, every_field_of_a_json_row_is_read) {
    const ImportRow row = read_json_row(kWhole, won());
    ASSERT_EQ(row.kind, Kind::product) << row.reason;
    const auto& product = row.write.product;
    EXPECT_EQ(product.sku, "demo-1");
    EXPECT_EQ(product.name_in(Language::ko), "머그");
    EXPECT_EQ(product.name_in(Language::ja), "マグ");
    EXPECT_EQ(domain::category_path(product.category), "Home/Mugs");
    EXPECT_EQ(product.category[0].in(Language::en), "Home");
    EXPECT_EQ(product.price->amount_minor, 12000);
    EXPECT_EQ(row.write.first_stock, 120);
    EXPECT_EQ(product.weight_g, 350);
    EXPECT_EQ(product.released, "2026-03-05");
}

TEST(ImportRowTest, decimal_prices_are_exact) {
    const auto price = [](std::string_view amount) {
        const ImportRow row = read_json_row(
            std::string{R"({"sku":"a","name":"a","price":{"amount":)"} + std::string{amount} + R"(,"currency":"GBP"}})",
            pounds());
        return row.write.product.price ? row.write.product.price->amount_minor : -1;
    };
    EXPECT_EQ(price("2.55"), 255);
    EXPECT_EQ(price("1.1"), 110);
    EXPECT_EQ(price("0.29"), 29);
    EXPECT_EQ(price("\"19.90\""), 1990);
    EXPECT_EQ(price("4.355"), -1);
    EXPECT_EQ(price("-1"), -1);
    EXPECT_EQ(price("1e30"), -1);
}

TEST(ImportRowTest, a_price_in_another_currency_counts_as_none) {
    const std::string_view record = R"({"sku":"a","name":"a","price":{"amount":800,"currency":"XXX"}})";
    const ImportRow refused = read_json_row(record, won());
    EXPECT_EQ(refused.kind, Kind::refused);
    EXPECT_EQ(refused.foreign_currency, "XXX");
    EXPECT_THAT(refused.reason, HasSubstr("XXX"));
    EXPECT_EQ(read_json_row(record, won("skip")).kind, Kind::skipped);
    const ImportRow hidden = read_json_row(record, won("hide"));
    EXPECT_EQ(hidden.kind, Kind::product);
    EXPECT_TRUE(hidden.write.product.hidden);
    const ImportRow priced = read_json_row(record, won("1500"));
    EXPECT_EQ(priced.write.product.price->amount_minor, 1500);
    EXPECT_FALSE(priced.write.product.hidden);
}

TEST(ImportRowTest, a_price_of_nothing_counts_as_none) {
    EXPECT_EQ(read_json_row(R"({"sku":"a","name":"a","price":{"amount":0,"currency":"KRW"}})", won("skip")).kind,
              Kind::skipped);
}

TEST(ImportRowTest, refusals_quote_whole_characters_only) {
    std::string words = "x";
    for (int i = 0; i < 20; ++i) words += "\xe2\x80\xa8";
    for (const std::string& name : {words, words.substr(1), "xx" + words.substr(1)}) {
        const std::string said = reason(R"({"sku":"a","name":{")" + name + R"(":"a"}})");
        EXPECT_TRUE(is_valid_utf8(said)) << said;
        EXPECT_THAT(said, HasSubstr("known are en, ja, ko"));
    }
}

TEST(ImportRowTest, refusals_say_what_is_wrong) {
    EXPECT_THAT(reason("{\"sku\":"), HasSubstr("not JSON"));
    EXPECT_EQ(reason("[1]"), "not a JSON object");
    EXPECT_EQ(reason("{\"sku\":\"a\",\"name\":\"\xff\"}"), "not UTF-8 text");
    EXPECT_EQ(reason("{}"), "sku is missing");
    EXPECT_EQ(reason(R"({"sku":7})"), "sku is not a text");
    EXPECT_EQ(reason(R"({"sku":"a"})"), "name is missing in every language");
    EXPECT_THAT(reason(R"({"sku":"a","name":{"fr":"b"}})"), HasSubstr("known are en, ja, ko"));
    EXPECT_THAT(reason(R"({"sku":"a","name":"b","stock":-1})"), HasSubstr("stock is not a whole number"));
    EXPECT_THAT(reason(R"({"sku":"a","name":"b","stock":1.5})"), HasSubstr("stock is not a whole number"));
    EXPECT_THAT(reason(R"({"sku":"a","name":"b","price":12})"), HasSubstr("price is neither null"));
    EXPECT_THAT(reason(R"({"sku":"a","name":"b","hidden":"yes"})"), HasSubstr("hidden"));
    EXPECT_THAT(reason("{\"sku\":\"a\",\"name\":\""
                       "\\u0000"
                       "\"}"),
                HasSubstr("control character"));
    EXPECT_THAT(reason(std::string(100, '[')), HasSubstr("not JSON"));
}

TEST(ImportRowTest, no_price_is_a_word_or_an_amount) {
    const auto krw = *Currency::parse("KRW");
    EXPECT_EQ(parse_no_price("skip", krw)->action, NoPrice::skip);
    EXPECT_EQ(parse_no_price("1000", krw)->price->amount_minor, 1000);
    EXPECT_FALSE(parse_no_price("0", krw));
    EXPECT_FALSE(parse_no_price("-5", krw));
    EXPECT_FALSE(parse_no_price("10.5", krw));
    EXPECT_FALSE(parse_no_price("free", krw));
}

TEST(ImportCsvTest, columns_are_named_by_the_header_in_any_order) {
    const auto columns = CsvColumns::parse("price,sku,name_en,name_ko,category,stock,weight_g,currency");
    ASSERT_TRUE(columns) << columns.error();
    const ImportRow row = columns->read_row(R"(19.90,a-1,"Mug, ""big""",머그,Home > Mugs,7,350,GBP)", pounds());
    ASSERT_EQ(row.kind, Kind::product) << row.reason;
    EXPECT_EQ(row.write.product.name.in(Language::en), "Mug, \"big\"");
    EXPECT_EQ(row.write.product.name.in(Language::ko), "머그");
    EXPECT_EQ(domain::category_path(row.write.product.category), "Home/Mugs");
    EXPECT_EQ(row.write.product.price->amount_minor, 1990);
    EXPECT_EQ(row.write.first_stock, 7);
    EXPECT_EQ(row.write.product.weight_g, 350);
}

TEST(ImportCsvTest, levels_of_a_category_stand_between_arrows_or_slashes) {
    const auto columns = *CsvColumns::parse("sku,name_en,price,category");
    const auto path = [&columns](const std::string& category) {
        return domain::category_path(columns.read_row("a,b,1," + category, won()).write.product.category);
    };
    EXPECT_EQ(columns.read_row("a,b,1,Home/Cups", won()).write.product.category.size(), 2U);
    EXPECT_EQ(path("Home/Cups"), "Home/Cups");
    EXPECT_EQ(path("Home / Cups / Small"), "Home/Cups/Small");
    EXPECT_EQ(path("Audio/Video > Radios"), "Audio-Video/Radios");
    EXPECT_EQ(path("Home"), "Home");
}

TEST(ImportCsvTest, a_header_that_is_wrong_says_so) {
    EXPECT_THAT(CsvColumns::parse("sku,name_en,pirce").error(), HasSubstr("did you mean \"price\"?"));
    EXPECT_THAT(CsvColumns::parse("name_en,price").error(), HasSubstr("no column \"sku\""));
    EXPECT_THAT(CsvColumns::parse("sku,price").error(), HasSubstr("name_en"));
    EXPECT_THAT(CsvColumns::parse("sku,sku,name_en").error(), HasSubstr("twice"));
    EXPECT_FALSE(CsvColumns::parse("sku,\"name_en"));
}

TEST(ImportCsvTest, a_row_that_does_not_fit_the_header_is_refused) {
    const auto columns = *CsvColumns::parse("sku,name_en,price,stock");
    EXPECT_THAT(columns.read_row("a,b,1", won()).reason, HasSubstr("3 fields, but the header names 4"));
    EXPECT_THAT(columns.read_row("a,b,1,2,3", won()).reason, HasSubstr("5 fields"));
    EXPECT_THAT(columns.read_row("a,\"b\"c,1,2", won()).reason, HasSubstr("quotes"));
    EXPECT_THAT(columns.read_row("a,b,x,2", won()).reason, HasSubstr("price x is not an amount"));
    EXPECT_THAT(columns.read_row("a,b,1,many", won()).reason, HasSubstr("stock"));
    EXPECT_EQ(columns.read_row("a,b,100,2", won()).kind, Kind::product);
}

}  // namespace
}  // namespace marketday::usecases
