#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "domain/product.hpp"
#include "domain/written.hpp"
#include "http/pages/texts_buying.hpp"
#include "http/pages/texts_shop.hpp"

namespace marketday::http::pages {

/// All texts of the storefront, in one place: the blocks in texts_shop.hpp (looking at goods, sales, the line, errors)
/// and texts_buying.hpp (basket, checkout, orders, accounts).
inline constexpr std::array<std::span<const TextRow>, 2> kTextBlocks{std::span{kShopTexts}, std::span{kBuyingTexts}};

/// Names a text by its key; a key that no block holds does not compile.
class TextId {
public:
    // NOLINTNEXTLINE(google-explicit-constructor): a literal is how a text is named.
    consteval TextId(const char* key) : row_(find(key)) {}
    constexpr const TextRow& row() const { return *row_; }

private:
    static consteval const TextRow* find(std::string_view key) {
        for (const auto& block : kTextBlocks)
            for (const TextRow& row : block)
                if (row.key == key) return &row;
        throw "no such text";
    }
    const TextRow* row_;
};

/// The texts in one language.
class Texts {
public:
    explicit Texts(domain::Language language) : language_(language) {}
    domain::Language language() const { return language_; }

    std::string_view operator()(TextId id) const { return in(id.row()); }
    /// With values in place of `{name}`.
    using Values = std::initializer_list<std::pair<std::string_view, std::string_view>>;
    std::string operator()(TextId id, Values values) const;
    /// `{n}` is the number, grouped by thousands; `one` is for exactly 1 (only English tells them apart).
    std::string counted(std::int64_t n, TextId one, TextId many) const;
    std::string_view in(const TextRow& row) const;

private:
    domain::Language language_;
};

using domain::grouped;

}  // namespace marketday::http::pages
