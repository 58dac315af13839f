#pragma once

#include <string>
#include <string_view>

#include "domain/order.hpp"

namespace marketday::adapters {

/// What an order's rows keep as JSON. Reading throws when the text is not what was written.
std::string address_to_json(const domain::DeliveryAddress& address);
domain::DeliveryAddress address_from_json(std::string_view json);
std::string refusal_to_json(const domain::Refused& refused);
domain::Refused refusal_from_json(std::string_view json);

}  // namespace marketday::adapters
