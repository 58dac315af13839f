#include "usecases/import_row.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "base/clip_text.hpp"
#include "base/text.hpp"

namespace marketday::usecases {

namespace json = boost::json;
using domain::LocalText;
using domain::Product;

namespace {

/// Thrown within one row's reading and caught at its end: the reason in words.
struct RowFault {
    std::string reason;
};

LocalText read_local_text(const json::value& value, std::string_view where) {
    LocalText text;
    if (value.is_null()) return text;
    if (const auto* words = value.if_string()) {
        text.in(domain::Language::en) = std::string_view{*words};
        return text;
    }
    const auto* object = value.if_object();
    if (object == nullptr) throw RowFault{fmt::format("{} is neither a text nor an object of texts", where)};
    for (const auto& [code, words] : *object) {
        const auto language = domain::parse_language(code);
        if (!language)
            throw RowFault{fmt::format("{} has the language \"{}\"; known are en, ja, ko", where,
                                       clip_text(std::string_view{code}, 20))};
        if (words.is_null()) continue;
        if (!words.is_string()) throw RowFault{fmt::format("{}.{} is not a text", where, std::string_view{code})};
        text.in(*language) = std::string_view{words.get_string()};
    }
    return text;
}

std::vector<LocalText> read_category(const json::value& value) {
    std::vector<LocalText> category;
    if (value.is_null()) return category;
    if (const auto* levels = value.if_array()) {
        for (const auto& level : *levels) category.push_back(read_local_text(level, "category"));
        return category;
    }
    category.push_back(read_local_text(value, "category"));
    return category;
}

std::int64_t read_count(const json::value& value, std::string_view where, std::int64_t max) {
    if (value.is_null()) return 0;
    const bool negative = value.is_int64() && value.get_int64() < 0;
    const bool whole = value.is_int64() || value.is_uint64();
    if (!whole || negative || value.is_uint64() || value.get_int64() > max)
        throw RowFault{fmt::format("{} is not a whole number between 0 and {}", where, max)};
    return value.get_int64();
}

/// The decimal text of a JSON number or string, as it was written: "19.9".
std::string decimal_of(const json::value& value) {
    if (const auto* text = value.if_string()) return std::string{std::string_view{*text}};
    if (const auto* number = value.if_int64()) return fmt::format("{}", *number);
    if (const auto* number = value.if_double()) return fmt::format("{}", *number);  // shortest text that reads the same
    throw RowFault{"price.amount is not a number"};
}

std::optional<Money> read_price(const json::value& value, const ImportPolicy& policy, std::string& foreign) {
    if (value.is_null()) return std::nullopt;
    const auto* object = value.if_object();
    if (object == nullptr) throw RowFault{"price is neither null nor {\"amount\",\"currency\"}"};
    const auto* code = object->if_contains("currency");
    if (code == nullptr || !code->is_string()) throw RowFault{"price.currency is missing"};
    if (std::string_view{code->get_string()} != policy.currency.code()) {
        foreign = clip_text(std::string_view{code->get_string()}, 8);
        return std::nullopt;
    }
    if (const auto* minor = object->if_contains("amount_minor"))
        return Money{read_count(*minor, "price.amount_minor", domain::kPriceMinorMax), policy.currency};
    const auto* amount = object->if_contains("amount");
    if (amount == nullptr) throw RowFault{"price.amount is missing"};
    if (amount->is_null()) return std::nullopt;
    const std::string decimal = decimal_of(*amount);
    const auto price = parse_money(decimal, policy.currency);
    if (!price)
        throw RowFault{fmt::format("price.amount {} is not an amount of {}, which has {} digits after the point",
                                   clip_text(decimal, 40), policy.currency.code(), policy.currency.minor_digits())};
    return price;
}

void read_images(const json::value& value, Product& product) {
    if (value.is_null()) return;
    const auto* images = value.if_array();
    if (images == nullptr) throw RowFault{"images is not a list"};
    for (const auto& image : *images) {
        if (!image.is_string()) throw RowFault{"images has something that is not a text"};
        product.images.emplace_back(std::string_view{image.get_string()});
    }
}

void read_member(std::string_view key, const json::value& value, const ImportPolicy& policy, ImportRow& row) {
    Product& product = row.write.product;
    if (key == "name")
        product.name = read_local_text(value, key);
    else if (key == "name_derived")
        product.name_derived = read_local_text(value, key);
    else if (key == "description")
        product.description = read_local_text(value, key);
    else if (key == "category")
        product.category = read_category(value);
    else if (key == "price")
        product.price = read_price(value, policy, row.foreign_currency);
    else if (key == "stock")
        row.write.first_stock = read_count(value, key, domain::kUnitsMax);
    else if (key == "weight_g")
        product.weight_g = read_count(value, key, domain::kWeightGMax);
    else if (key == "images")
        read_images(value, product);
    else if (key == "hidden") {
        if (!value.is_bool()) throw RowFault{"hidden is neither true nor false"};
        product.hidden = value.get_bool();
    } else if (key == "released" && !value.is_null()) {
        if (!value.is_string()) throw RowFault{"released is not a text"};
        product.released = std::string_view{value.get_string()};
    }
}

}  // namespace

std::optional<NoPriceChoice> parse_no_price(std::string_view text, Currency currency) {
    if (text == "skip") return NoPriceChoice{NoPrice::skip, {}};
    if (text == "hide") return NoPriceChoice{NoPrice::hide, {}};
    const auto price = parse_money(text, currency);
    if (!price || price->amount_minor <= 0 || price->amount_minor > domain::kPriceMinorMax) return std::nullopt;
    return NoPriceChoice{NoPrice::set, price};
}

ImportRow refuse_row(ImportRow row, std::string reason) {
    row.kind = ImportRow::Kind::refused;
    row.reason = std::move(reason);
    row.write = {};
    return row;
}

ImportRow finish_row(ImportRow row, const ImportPolicy& policy) {
    Product& product = row.write.product;
    if (auto fault = domain::find_fault(product)) return refuse_row(std::move(row), *std::move(fault));
    row.kind = ImportRow::Kind::product;
    row.write.keep_images = product.images.empty();
    if (product.price && product.price->amount_minor == 0) product.price.reset();  // nothing is given away by a typo
    if (product.price) return row;

    std::string reason = fmt::format("no price in {}", policy.currency.code());
    if (!row.foreign_currency.empty()) reason += fmt::format(" (its price is in {})", row.foreign_currency);
    switch (policy.no_price.action) {
        case NoPrice::refuse: return refuse_row(std::move(row), reason + "; say what to do with --no-price");
        case NoPrice::skip:
            row.kind = ImportRow::Kind::skipped;
            row.reason = std::move(reason);
            return row;
        case NoPrice::hide: product.hidden = true; return row;
        case NoPrice::set: product.price = policy.no_price.price; return row;
    }
    return row;
}

ImportRow read_json_row(std::string_view record, const ImportPolicy& policy) {
    ImportRow row;
    json::error_code error;
    json::monotonic_resource memory;
    const json::value value = json::parse(record, error, &memory);
    if (error) {
        const bool utf8 = is_valid_utf8(record);
        return refuse_row(std::move(row), utf8 ? fmt::format("not JSON: {}", error.message()) : "not UTF-8 text");
    }
    const auto* object = value.if_object();
    if (object == nullptr) return refuse_row(std::move(row), "not a JSON object");
    try {
        const auto* sku = object->if_contains("sku");
        if (sku == nullptr || sku->is_null()) throw RowFault{"sku is missing"};
        if (!sku->is_string()) throw RowFault{"sku is not a text"};
        row.sku = row.write.product.sku = std::string_view{sku->get_string()};
        if (row.sku.size() > 64) row.sku.clear();
        for (const auto& [key, member] : *object) read_member(key, member, policy, row);
    } catch (RowFault& fault) {
        return refuse_row(std::move(row), std::move(fault.reason));
    }
    return finish_row(std::move(row), policy);
}

}  // namespace marketday::usecases
