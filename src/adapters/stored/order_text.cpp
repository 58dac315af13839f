#include "adapters/stored/order_text.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

namespace json = boost::json;

std::string text_in(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

}  // namespace

domain::DeliveryAddress address_from_json(std::string_view text) {
    const auto value = json::parse(text);
    const auto& object = value.as_object();
    return {text_in(object, "recipient"), text_in(object, "line1"),       text_in(object, "line2"),
            text_in(object, "city"),      text_in(object, "postal_code"), text_in(object, "country"),
            text_in(object, "phone")};
}

std::string address_to_json(const domain::DeliveryAddress& address) {
    std::string out;
    out.reserve(256);
    const auto add = [&out](std::string_view name, const std::string& value) {
        out += out.empty() ? '{' : ',';
        out += '"';
        out += name;
        out += "\":";
        log::append_json_string(out, value);
    };
    add("recipient", address.recipient);
    add("line1", address.line1);
    add("line2", address.line2);
    add("city", address.city);
    add("postal_code", address.postal_code);
    add("country", address.country);
    add("phone", address.phone);
    out += '}';
    return out;
}

std::string refusal_to_json(const domain::Refused& refused) {
    std::string out = fmt::format(R"({{"reason":{},"lines":[)", static_cast<int>(refused.reason));
    for (std::size_t i = 0; i < refused.lines.size(); ++i) {
        if (i > 0) out += ',';
        out += '[';
        log::append_json_string(out, refused.lines[i].sku);
        fmt::format_to(std::back_inserter(out), ",{}]", static_cast<int>(refused.lines[i].reason));
    }
    out += "]}";
    return out;
}

domain::Refused refusal_from_json(std::string_view text) {
    domain::Refused refused;
    const auto value = json::parse(text);
    refused.reason = static_cast<domain::Refusal>(value.at("reason").as_int64());
    for (const auto& line : value.at("lines").as_array()) {
        refused.lines.push_back(
            {std::string{line.at(0).as_string()}, static_cast<domain::Refusal>(line.at(1).as_int64())});
    }
    return refused;
}

}  // namespace marketday::adapters
