#pragma once

#include "base/money.hpp"
#include "domain/shipping.hpp"

namespace marketday::adapters {

/// What an order book must know of its shop.
struct ShopTerms {
    Currency currency;
    domain::ShippingPolicy shipping;
};

}  // namespace marketday::adapters
