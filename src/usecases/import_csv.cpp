#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/clip_text.hpp"
#include "base/text.hpp"
#include "usecases/import_row.hpp"

namespace marketday::usecases {

using domain::Language;
using domain::Product;

namespace {

enum class Column : std::size_t {
    sku,
    name_en,
    name_ja,
    name_ko,
    description_en,
    description_ja,
    description_ko,
    category,
    price,
    currency,
    stock,
    weight_g,
    hidden,
    images,
    released,
};
constexpr std::array<std::string_view, 15> kColumnNames{
    "sku",   "name_en",  "name_ja", "name_ko",  "description_en", "description_ja", "description_ko", "category",
    "price", "currency", "stock",   "weight_g", "hidden",         "images",         "released",
};

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const auto end = text.find(separator);
        if (const auto part = trim(text.substr(0, end)); !part.empty()) parts.push_back(part);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return parts;
}

/// A whole number in [0, max]; an empty field is 0.
std::optional<std::int64_t> read_count(std::string_view text, std::int64_t max) {
    text = trim(text);
    if (text.empty()) return 0;
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < 0 || value > max) return std::nullopt;
    return value;
}

struct CsvPrice {
    std::string amount;
    std::string currency;
};

/// Puts one field into the row; the reason when it does not fit.
std::optional<std::string> read_field(Column column, const std::string& field, ImportRow& row, CsvPrice& price) {
    Product& product = row.write.product;
    switch (column) {
        case Column::sku: row.sku = product.sku = trim(field); break;
        case Column::name_en: product.name.in(Language::en) = field; break;
        case Column::name_ja: product.name.in(Language::ja) = field; break;
        case Column::name_ko: product.name.in(Language::ko) = field; break;
        case Column::description_en: product.description.in(Language::en) = field; break;
        case Column::description_ja: product.description.in(Language::ja) = field; break;
        case Column::description_ko: product.description.in(Language::ko) = field; break;
        case Column::category:
            // "Home > Cups" or "Home/Cups"; a slash beside a '>' is part of a name.
            for (const auto level : split(field, field.find('>') == std::string::npos ? '/' : '>')) {
                product.category.emplace_back();
                product.category.back().in(Language::en) = level;
            }
            break;
        case Column::price: price.amount = trim(field); break;
        case Column::currency: price.currency = trim(field); break;
        case Column::stock: {
            const auto units = read_count(field, domain::kUnitsMax);
            if (!units) return fmt::format("stock is not a whole number between 0 and {}", domain::kUnitsMax);
            row.write.first_stock = *units;
            break;
        }
        case Column::weight_g: {
            const auto weight = read_count(field, domain::kWeightGMax);
            if (!weight) return fmt::format("weight_g is not a whole number between 0 and {}", domain::kWeightGMax);
            product.weight_g = *weight;
            break;
        }
        case Column::hidden:
            if (!field.empty() && field != "true" && field != "false") return "hidden is neither true nor false";
            product.hidden = field == "true";
            break;
        case Column::images:
            for (const auto image : split(field, ' ')) product.images.emplace_back(image);
            break;
        case Column::released: product.released = trim(field); break;
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> split_csv(std::string_view record) {
    std::vector<std::string> fields(1);
    bool quoted = false;
    bool after_quotes = false;
    for (std::size_t i = 0; i < record.size(); ++i) {
        const char c = record[i];
        if (quoted) {
            if (c != '"') {
                fields.back().push_back(c);
            } else if (i + 1 < record.size() && record[i + 1] == '"') {
                fields.back().push_back('"');
                ++i;
            } else {
                quoted = false;
                after_quotes = true;
            }
        } else if (c == ',') {
            fields.emplace_back();
            after_quotes = false;
        } else if (c == '"' && fields.back().empty() && !after_quotes) {
            quoted = true;
        } else if (c == '"' || after_quotes) {
            return std::nullopt;
        } else {
            fields.back().push_back(c);
        }
    }
    if (quoted) return std::nullopt;
    return fields;
}

Result<CsvColumns, std::string> CsvColumns::parse(std::string_view header) {
    if (!is_valid_utf8(header)) return fail(std::string{"the header row is not UTF-8 text"});
    const auto names = split_csv(header);
    if (!names) return fail(std::string{"the quotes of the header row are not well placed"});
    CsvColumns columns;
    for (std::size_t i = 0; i < names->size(); ++i) {
        const auto name = trim((*names)[i]);
        const auto known = std::ranges::find(kColumnNames, name);
        if (known == kColumnNames.end()) {
            const auto near = nearest(name, kColumnNames);
            return fail(fmt::format(
                "column {} is called \"{}\", which is not known{}; known are {}", i + 1, clip_text(name, 40),
                near.empty() ? "" : fmt::format(": did you mean \"{}\"?", near), fmt::join(kColumnNames, ", ")));
        }
        const auto index = static_cast<std::size_t>(known - kColumnNames.begin());
        if (std::ranges::find(columns.columns_, index) != columns.columns_.end())
            return fail(fmt::format("column \"{}\" is there twice", name));
        columns.columns_.push_back(index);
    }
    const auto has = [&columns](Column column) {
        return std::ranges::find(columns.columns_, static_cast<std::size_t>(column)) != columns.columns_.end();
    };
    if (!has(Column::sku)) return fail(std::string{"there is no column \"sku\""});
    if (!has(Column::name_en) && !has(Column::name_ja) && !has(Column::name_ko))
        return fail(std::string{"there is no column \"name_en\", \"name_ja\" or \"name_ko\""});
    return columns;
}

ImportRow CsvColumns::read_row(std::string_view record, const ImportPolicy& policy) const {
    ImportRow row;
    if (!is_valid_utf8(record)) return refuse_row(std::move(row), "not UTF-8 text");
    const auto fields = split_csv(record);
    if (!fields) return refuse_row(std::move(row), "the quotes are not well placed");
    CsvPrice price;
    for (std::size_t i = 0; i < std::min(fields->size(), columns_.size()); ++i) {
        auto fault = read_field(static_cast<Column>(columns_[i]), (*fields)[i], row, price);
        if (fault) return refuse_row(std::move(row), *std::move(fault));
    }
    if (row.sku.size() > 64) row.sku.clear();
    if (fields->size() != columns_.size())
        return refuse_row(std::move(row),
                          fmt::format("{} fields, but the header names {}", fields->size(), columns_.size()));
    if (!price.currency.empty() && price.currency != policy.currency.code()) {
        row.foreign_currency = clip_text(price.currency, 8);
    } else if (!price.amount.empty()) {
        row.write.product.price = parse_money(price.amount, policy.currency);
        if (!row.write.product.price)
            return refuse_row(std::move(row), fmt::format("price {} is not an amount of {}",
                                                          clip_text(price.amount, 40), policy.currency.code()));
    }
    return finish_row(std::move(row), policy);
}

}  // namespace marketday::usecases
