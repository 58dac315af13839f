#include "domain/product.hpp"

#include <gtest/gtest.h>

namespace marketday::domain {
namespace {

Product product() {
    Product product;
    product.sku = "mug-1";
    product.name.in(Language::en) = "Mug";
    return product;
}

LocalText text(std::string en, std::string ja = "", std::string ko = "") {
    return LocalText{{std::move(en), std::move(ja), std::move(ko)}};
}

TEST(ProductTest, a_name_in_one_language_is_enough) { EXPECT_FALSE(find_fault(product())); }

TEST(ProductTest, a_name_is_shown_as_given_else_derived_else_in_another_language) {
    Product mug = product();
    mug.name_derived.in(Language::ko) = "머그";
    EXPECT_EQ(mug.name_in(Language::en), "Mug");
    EXPECT_EQ(mug.name_in(Language::ko), "머그");
    EXPECT_EQ(mug.name_in(Language::ja), "Mug");
}

TEST(ProductTest, a_category_path_is_the_same_for_every_spelling_in_other_languages) {
    EXPECT_EQ(category_path({text("Home", "家"), text("Cups/Mugs")}), "Home/Cups-Mugs");
    EXPECT_EQ(category_path({text("Home", "", "집"), text("Cups/Mugs", "コップ")}), "Home/Cups-Mugs");
    EXPECT_EQ(category_path({text("", "家")}), "家");
    EXPECT_EQ(category_path({text("Home"), text("Cups")}, 1), "Home");
    EXPECT_EQ(category_path({}), "");
}

TEST(ProductTest, faults_say_what_is_wrong_and_where) {
    Product bad = product();
    bad.sku = "a b";
    EXPECT_NE(find_fault(bad), std::nullopt);
    bad = product();
    bad.name = {};
    EXPECT_EQ(find_fault(bad), "name is missing in every language");
    bad = product();
    bad.name.in(Language::ja) = std::string(kNameBytesMax + 1, 'x');
    EXPECT_EQ(find_fault(bad), "name.ja is longer than 500 bytes");
    bad.name.in(Language::ja) = "\xff";
    EXPECT_EQ(find_fault(bad), "name.ja is not UTF-8");
    bad.name.in(Language::ja) = std::string("a\0b", 3);
    EXPECT_EQ(find_fault(bad), "name.ja has a control character (U+0000)");
    bad = product();
    bad.description.in(Language::en) = "two\nlines";
    EXPECT_FALSE(find_fault(bad));
    bad.category = {text("Home"), {}};
    EXPECT_EQ(find_fault(bad), "category[1] has no name");
    bad = product();
    bad.released = "2026-02-30";
    EXPECT_TRUE(find_fault(bad));
    bad = product();
    bad.images = {"javascript:alert(1)"};
    EXPECT_TRUE(find_fault(bad));
    bad = product();
    bad.price = Money{-1, {}};
    EXPECT_EQ(find_fault(bad), "price is out of range");
}

}  // namespace
}  // namespace marketday::domain
