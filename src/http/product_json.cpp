#include "http/product_json.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/log.hpp"
#include "http/render.hpp"

namespace marketday::http {

using domain::Product;

namespace {

/// The names that are shown: those given, else those derived.
domain::LocalText shown_names(const Product& product) {
    domain::LocalText names = product.name;
    for (const domain::Language language : domain::kLanguages)
        if (names.in(language).empty()) names.in(language) = product.name_derived.in(language);
    return names;
}

void append_derived_languages(std::string& out, const Product& product) {
    out.push_back('[');
    for (const domain::Language language : domain::kLanguages) {
        if (!product.name.in(language).empty() || product.name_derived.in(language).empty()) continue;
        if (out.back() != '[') out.push_back(',');
        log::append_json_string(out, domain::to_string(language));
    }
    out.push_back(']');
}

void append_members(std::string& out, const Product& product) {
    log::append_json_string(out += "{\"sku\":", product.sku);
    append_local_text_json(out += ",\"name\":", shown_names(product));
    append_derived_languages(out += ",\"name_derived\":", product);
    append_local_text_json(out += ",\"description\":", product.description);
    out += ",\"category\":[";
    for (const auto& level : product.category) {
        if (out.back() != '[') out.push_back(',');
        append_local_text_json(out, level);
    }
    log::append_json_string(out += "],\"category_path\":", domain::category_path(product.category));
    out += ",\"price\":";
    if (product.price)
        append_money(out, *product.price);
    else
        out += "null";
    fmt::format_to(std::back_inserter(out), R"(,"price_version":{},"weight_g":{},"images":[)", product.price_version,
                   product.weight_g);
    for (const auto& image : product.images) {
        if (out.back() != '[') out.push_back(',');
        log::append_json_string(out, image);
    }
    out += "],\"released\":";
    if (product.released.empty())
        out += "null";
    else
        log::append_json_string(out, product.released);
    fmt::format_to(std::back_inserter(out), R"(,"version":{})", product.version);
}

}  // namespace

void append_local_text_json(std::string& out, const domain::LocalText& text) {
    out.push_back('{');
    for (const domain::Language language : domain::kLanguages) {
        if (text.in(language).empty()) continue;
        if (out.back() != '{') out.push_back(',');
        log::append_json_string(out, domain::to_string(language));
        log::append_json_string(out += ':', text.in(language));
    }
    out.push_back('}');
}

void append_product_json(std::string& out, const Product& product) {
    append_members(out, product);
    out.push_back('}');
}

std::string product_json(const Product& product) {
    std::string out;
    out.reserve(1024);
    append_product_json(out, product);
    return out;
}

std::string product_admin_json(const Product& product, const std::optional<domain::StockLevel>& stock) {
    std::string out;
    out.reserve(1024);
    append_members(out, product);
    out += product.hidden ? ",\"hidden\":true" : ",\"hidden\":false";
    append_time(out += ",\"created_at\":", product.created_at);
    append_time(out += ",\"updated_at\":", product.updated_at);
    if (stock)
        fmt::format_to(
            std::back_inserter(out),
            R"(,"stock":{{"received":{},"available":{},"reserved":{},"sold":{},"in_transfer":{},"withdrawn":{}}})",
            stock->received, stock->available, stock->reserved, stock->sold, stock->in_transfer, stock->withdrawn);
    out.push_back('}');
    return out;
}

}  // namespace marketday::http
