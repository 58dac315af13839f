#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.hpp"
#include "base/result.hpp"
#include "ports/catalogue.hpp"

namespace marketday::usecases {

/// What becomes of a product without a price in the shop's currency.
enum class NoPrice : std::uint8_t {
    refuse,  // reported as refused
    skip,    // left out, and counted
    hide,    // imported hidden and without a price
    set,     // imported at `ImportPolicy::price`
};
/// "skip", "hide", or a decimal amount of `currency`; nothing for anything else.
struct NoPriceChoice {
    NoPrice action = NoPrice::refuse;
    std::optional<Money> price;
};
std::optional<NoPriceChoice> parse_no_price(std::string_view text, Currency currency);

struct ImportPolicy {
    Currency currency;  // the shop's
    NoPriceChoice no_price;
};

/// What one record says.
struct ImportRow {
    enum class Kind : std::uint8_t { product, skipped, refused };
    Kind kind = Kind::refused;
    std::string sku;                // when it could be read
    ports::Catalogue::Write write;  // kind product
    std::string reason;             // why it was refused or skipped
    /// The currency of a price that is not the shop's ("GBP"), else empty: such a price counts as none.
    std::string foreign_currency;
};

/// One JSON object as in demo/README.md. Members that are not known are ignored. `name`, `description`: a text (taken
/// as English) or {"en":…,"ja":…,"ko":…}; `category`: a text or a list of such; `price`: null, {"amount": 19.9 or
/// "19.90", "currency"} or {"amount_minor","currency"}; `stock`, `weight_g`, `hidden`, `images`, `released`.
ImportRow read_json_row(std::string_view record, const ImportPolicy& policy);

/// The columns of a CSV import (RFC 4180), named by its first record: sku, name_en|_ja|_ko, description_en|_ja|_ko,
/// category (levels separated by '>', or by '/' where there is none), price (decimal), currency, stock, weight_g,
/// hidden, images (separated by spaces), released. In any order; sku and one name are required.
class CsvColumns {
public:
    /// Or what is wrong with the header, in words.
    static Result<CsvColumns, std::string> parse(std::string_view header);
    ImportRow read_row(std::string_view record, const ImportPolicy& policy) const;

private:
    std::vector<std::size_t> columns_;  // by position: index into the known names
};

/// The fields of one CSV record; nothing if its quotes are not well placed.
std::optional<std::vector<std::string>> split_csv(std::string_view record);

/// Finishes a row whose product has been read: checks it and applies the policy. `price_text` words the missing price.
ImportRow finish_row(ImportRow row, const ImportPolicy& policy);
ImportRow refuse_row(ImportRow row, std::string reason);

}  // namespace marketday::usecases
