#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "ports/catalogue.hpp"
#include "ports/order_book.hpp"

namespace marketday::usecases {

/// What an operator changes of one product; what is absent stays.
struct ProductEdit {
    std::array<std::optional<std::string>, domain::kLanguages.size()> name;  // "" removes a language
    std::array<std::optional<std::string>, domain::kLanguages.size()> description;
    std::optional<std::vector<domain::LocalText>> category;
    std::optional<std::vector<std::string>> images;
    /// That one of `images` is new and to be finished; see ports::Catalogue::Write.
    std::optional<domain::ImageId> image_added;
    std::optional<std::optional<std::int64_t>> price_minor;  // in the shop's currency; none: shown, not sold
    std::optional<bool> hidden;
    std::optional<std::int64_t> weight_g;
    /// Refused unless the product still has this version; 0: whatever it is.
    std::int64_t if_version = 0;
};

/// The goods as an operator sees them: hidden ones too, with their stock.
class BrowseShelves {
public:
    enum class Error {
        unavailable,      // Nothing happened.
        outcome_unknown,  // An edit may have happened; making it again is safe.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    BrowseShelves(ports::Catalogue& catalogue, ports::OrderBook& order_book, Currency currency)
        : catalogue_(catalogue), order_book_(order_book), currency_(currency) {}

    struct Shelf {
        domain::Product product;
        domain::StockLevel stock;
    };
    /// By SKU after `after`, at most `products_max` (1..1000).
    Answer<std::vector<Shelf>> list(domain::SkuCode after, std::size_t products_max);
    Answer<std::optional<Shelf>> show(domain::SkuCode sku);
    Answer<std::int64_t> count();

    enum class Refusal : std::uint8_t { not_found, invalid, changed_meanwhile };
    struct Refused {
        Refusal reason{};
        std::string detail;  // of `invalid`
    };
    Answer<Result<Shelf, Refused>> edit(domain::SkuCode sku, ProductEdit edit);
    /// What an edit would make of the product; writes nothing.
    Answer<Result<Shelf, Refused>> preview(domain::SkuCode sku, ProductEdit edit);

private:
    Answer<std::vector<Shelf>> with_stock(std::vector<domain::Product> products);

    ports::Catalogue& catalogue_;
    ports::OrderBook& order_book_;
    Currency currency_;
};

}  // namespace marketday::usecases
