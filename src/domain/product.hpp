#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {

/// The languages of a shop. Stored as their codes, so the order may change.
enum class Language : std::uint8_t { en = 0, ja = 1, ko = 2 };
inline constexpr std::array kLanguages{Language::en, Language::ja, Language::ko};
/// "en", "ja", "ko".
std::string_view to_string(Language language);
std::optional<Language> parse_language(std::string_view code);

/// One text in up to three languages; an empty one is absent.
struct LocalText {
    std::array<std::string, kLanguages.size()> texts;

    std::string& in(Language language) { return texts[static_cast<std::size_t>(language)]; }
    const std::string& in(Language language) const { return texts[static_cast<std::size_t>(language)]; }
    bool empty() const;
    /// The text in `wanted`, else in English, Japanese, Korean, whichever is there first; empty when none is.
    const std::string& best(Language wanted) const;
    bool operator==(const LocalText&) const = default;
};

/// One product of the shop, as shoppers see it. What it may cost at the till is the order book's Offer, written in the
/// same transaction; `price`, `price_version`, `hidden` and `weight_g` are that offer's.
struct Product {
    SkuCode sku;
    LocalText name;  // at least one language; each 1..kNameBytesMax
    /// Names that were inferred, not given (a translation of the species, say): shown and searched when `name` has none
    /// in that language, and marked as such.
    LocalText name_derived;
    LocalText description;            // each 0..kDescriptionBytesMax
    std::vector<LocalText> category;  // wide to narrow, 0..kCategoryLevelsMax; each level 1..kCategoryBytesMax
    std::vector<std::string> images;  // http(s) URLs or paths from "/", 0..kImagesMax
    std::string released;             // YYYY-MM-DD, or empty

    std::optional<Money> price;      // none: shown, not sold
    std::int64_t price_version = 0;  // rises with every change of price
    bool hidden = false;             // not shown, not found, not sold
    std::int64_t weight_g = 0;       // 0..kWeightGMax

    // Set by the store.
    std::int64_t version = 0;  // 1.. rises with every change of this product
    WallTime created_at{};     // when its SKU was first imported; "newest" sorts by `released`, then by this
    WallTime updated_at{};

    /// The name to show in `language`: given, else derived, else the best other.
    const std::string& name_in(Language language) const;
    bool operator==(const Product&) const = default;
};

inline constexpr std::size_t kNameBytesMax = 500;
inline constexpr std::size_t kDescriptionBytesMax = 20'000;
inline constexpr std::size_t kCategoryBytesMax = 200;
inline constexpr std::size_t kCategoryLevelsMax = 6;
inline constexpr std::size_t kImagesMax = 20;
inline constexpr std::size_t kImageBytesMax = 500;
inline constexpr std::int64_t kWeightGMax = 10'000'000;
inline constexpr std::int64_t kPriceMinorMax = 1'000'000'000'000;

/// How a category is named in addresses and filters: its levels' names in English (else Japanese, else Korean), joined
/// by '/', a '/' within a name replaced by '-'. Empty for products without one. The same for every spelling of a level
/// in other languages. "Stationery/Notebooks & Paper".
std::string category_path(const std::vector<LocalText>& category, std::size_t levels = kCategoryLevelsMax);

/// One category with what is in it, below it too; hidden products are not counted.
struct Category {
    std::string path;       // as category_path gives it
    LocalText name;         // of its last level
    std::size_t level = 0;  // 1: top
    std::int64_t products = 0;
    bool operator==(const Category&) const = default;
};

/// What is wrong with a product, in words for whoever wrote it ("name.ja is longer than 500 bytes"); nothing when it
/// may be stored. Checks everything but the fields that the store sets.
std::optional<std::string> find_fault(const Product& product);

}  // namespace marketday::domain
