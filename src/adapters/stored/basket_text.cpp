#include "adapters/stored/basket_text.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>
#include <stdexcept>

#include "base/log.hpp"

namespace marketday::adapters {

domain::Basket basket_from_text(std::string_view text) {
    domain::Basket basket;
    boost::json::error_code error;
    const auto value = boost::json::parse(text, error);
    if (error || !value.is_array()) throw std::runtime_error("a basket's lines are not a list");
    for (const auto& line : value.get_array()) {
        const auto* parts = line.if_array();
        if (parts == nullptr || parts->size() != 3 || !(*parts)[0].is_string() || !(*parts)[1].is_int64() ||
            !(*parts)[2].is_int64())
            throw std::runtime_error("a basket's line is not [sku, quantity, price]");
        const auto& sku = (*parts)[0].get_string();
        basket.lines.push_back(
            {domain::SkuCode{sku.data(), sku.size()}, (*parts)[1].get_int64(), (*parts)[2].get_int64()});
    }
    return basket;
}

std::string basket_to_text(const domain::Basket& basket) {
    std::string text = "[";
    for (const auto& line : basket.lines) {
        log::append_json_string(text += text.size() == 1 ? "[" : ",[", line.sku);
        fmt::format_to(std::back_inserter(text), ",{},{}]", line.quantity, line.seen_price_minor);
    }
    return text + ']';
}

}  // namespace marketday::adapters
