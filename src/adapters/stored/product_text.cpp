#include "adapters/stored/product_text.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <stdexcept>

#include "base/log.hpp"

namespace marketday::adapters {

using domain::LocalText;
using domain::Product;

namespace {

LocalText read_text(const boost::json::value& value) {
    LocalText text;
    for (const auto& [code, words] : value.as_object())
        if (const auto language = domain::parse_language(code))
            text.in(*language) = std::string_view{words.as_string()};
    return text;
}

}  // namespace

void append_text(std::string& out, const LocalText& text) {
    out.push_back('{');
    for (const domain::Language language : domain::kLanguages) {
        if (text.in(language).empty()) continue;
        if (out.back() != '{') out.push_back(',');
        log::append_json_string(out, to_string(language));
        out.push_back(':');
        log::append_json_string(out, text.in(language));
    }
    out.push_back('}');
}

void merge(LocalText& into, const LocalText& from) {
    for (const domain::Language language : domain::kLanguages)
        if (into.in(language).empty()) into.in(language) = from.in(language);
}

std::string product_content(const Product& product) {
    std::string out = "{\"name\":";
    out.reserve(512);
    append_text(out, product.name);
    if (!product.name_derived.empty()) append_text(out += ",\"name_derived\":", product.name_derived);
    if (!product.description.empty()) append_text(out += ",\"description\":", product.description);
    if (!product.category.empty()) {
        out += ",\"category\":[";
        for (const auto& level : product.category) {
            if (out.back() != '[') out.push_back(',');
            append_text(out, level);
        }
        out.push_back(']');
    }
    if (!product.images.empty()) {
        out += ",\"images\":[";
        for (const auto& image : product.images) {
            if (out.back() != '[') out.push_back(',');
            log::append_json_string(out, image);
        }
        out.push_back(']');
    }
    if (!product.released.empty()) log::append_json_string(out += ",\"released\":", product.released);
    out.push_back('}');
    return out;
}

std::string image_event(const domain::SkuCode& sku, const domain::ImageId& image, std::int64_t change) {
    std::string event =
        fmt::format(R"({{"id":"image-{0}-{1}","type":"image-added","image":"{1}","sku":)", change, image);
    log::append_json_string(event, sku);
    return event + '}';
}

domain::LocalText parse_text(std::string_view json) {
    try {
        return read_text(boost::json::parse(json));
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("a text cannot be read: {}", error.what()));
    }
}

void read_product_content(std::string_view content, Product& product) {
    try {
        const auto value = boost::json::parse(content);
        for (const auto& [key, field] : value.as_object()) {
            if (key == "name") product.name = read_text(field);
            if (key == "name_derived") product.name_derived = read_text(field);
            if (key == "description") product.description = read_text(field);
            if (key == "released") product.released = std::string_view{field.as_string()};
            if (key == "category")
                for (const auto& level : field.as_array()) product.category.push_back(read_text(level));
            if (key == "images")
                for (const auto& image : field.as_array())
                    product.images.emplace_back(std::string_view{image.as_string()});
        }
    } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("product {} cannot be read: {}", product.sku, error.what()));
    }
}

}  // namespace marketday::adapters
