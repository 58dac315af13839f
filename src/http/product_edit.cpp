#include "http/product_edit.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/clip_text.hpp"
#include "http/body_reader.hpp"

namespace marketday::http {
namespace {

namespace json = boost::json;
using domain::LocalText;
using usecases::ProductEdit;
using Texts = std::array<std::optional<std::string>, domain::kLanguages.size()>;

/// Thrown within one body's reading: what is wrong, in words.
struct BodyFault {
    std::string detail;
};

std::string as_text(const json::value& value, std::string_view where) {
    if (!value.is_string()) throw BodyFault{fmt::format("\"{}\" must be a text.", where)};
    return std::string{std::string_view{value.get_string()}};
}

std::int64_t as_integer(const json::value& value, std::string_view where) {
    if (!value.is_int64()) throw BodyFault{fmt::format("\"{}\" must be a whole number.", where)};
    return value.get_int64();
}

const json::object& as_object(const json::value& value, std::string_view where) {
    if (!value.is_object()) throw BodyFault{fmt::format("\"{}\" must be an object.", where)};
    return value.get_object();
}

const json::array& as_array(const json::value& value, std::string_view where) {
    if (!value.is_array()) throw BodyFault{fmt::format("\"{}\" must be a list.", where)};
    return value.get_array();
}

Texts as_texts(const json::value& value, std::string_view where) {
    Texts texts;
    for (const auto& [code, words] : as_object(value, where)) {
        const auto language = domain::parse_language(code);
        if (!language) throw BodyFault{fmt::format("\"{}\" has a language that is none of en, ja, ko.", where)};
        texts[static_cast<std::size_t>(*language)] = words.is_null() ? "" : as_text(words, where);
    }
    return texts;
}

std::vector<LocalText> as_category(const json::value& value) {
    std::vector<LocalText> category;
    for (const auto& level : as_array(value, "category")) {
        LocalText text;
        const Texts texts = as_texts(level, "category");
        for (std::size_t i = 0; i < texts.size(); ++i) text.texts[i] = texts[i].value_or("");
        category.push_back(std::move(text));
    }
    return category;
}

std::vector<std::string> as_images(const json::value& value) {
    std::vector<std::string> images;
    for (const auto& image : as_array(value, "images")) images.push_back(as_text(image, "images"));
    return images;
}

std::optional<std::int64_t> as_price(const json::value& value, Currency currency) {
    if (value.is_null()) return std::nullopt;
    const auto& price = as_object(value, "price");
    const auto* amount = price.if_contains("amount_minor");
    const auto* code = price.if_contains("currency");
    if (amount == nullptr || code == nullptr) throw BodyFault{"\"price\" must have \"amount_minor\" and \"currency\"."};
    if (as_text(*code, "price.currency") != currency.code())
        throw BodyFault{fmt::format("\"price.currency\" must be {}, the shop's.", currency.code())};
    return as_integer(*amount, "price.amount_minor");
}

ProductEdit read_members(const json::object& body, Currency currency) {
    ProductEdit edit;
    for (const auto& [key, value] : body) {
        if (key == "name")
            edit.name = as_texts(value, key);
        else if (key == "description")
            edit.description = as_texts(value, key);
        else if (key == "category")
            edit.category = as_category(value);
        else if (key == "images")
            edit.images = as_images(value);
        else if (key == "price")
            edit.price_minor = as_price(value, currency);
        else if (key == "weight_g")
            edit.weight_g = as_integer(value, key);
        else if (key == "if_version")
            edit.if_version = as_integer(value, key);
        else if (key == "hidden") {
            if (!value.is_bool()) throw BodyFault{"\"hidden\" must be true or false."};
            edit.hidden = value.get_bool();
        } else {
            throw BodyFault{
                fmt::format("\"{}\" is not something that can be changed.", clip_text(std::string_view{key}, 40))};
        }
    }
    return edit;
}

}  // namespace

Result<ProductEdit, Problem> read_product_edit(std::string_view body, Currency currency) {
    json::error_code error;
    const json::value value = json::parse(body, error);
    if (error) return fail(malformed_json(error.message()));
    if (!value.is_object()) return fail(invalid_request("The body must be one JSON object."));
    try {
        return read_members(value.get_object(), currency);
    } catch (const BodyFault& fault) {
        return fail(invalid_request(fault.detail));
    }
}

}  // namespace marketday::http
