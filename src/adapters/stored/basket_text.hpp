#pragma once

#include <string>
#include <string_view>

#include "domain/basket.hpp"

namespace marketday::adapters {

/// A basket's lines as its row keeps them: [["sku", quantity, price seen in minor units], …].
std::string basket_to_text(const domain::Basket& basket);
/// Throws std::runtime_error when the text is not that.
domain::Basket basket_from_text(std::string_view text);

}  // namespace marketday::adapters
