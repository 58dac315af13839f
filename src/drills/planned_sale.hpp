#pragma once

#include <cstdint>
#include <string>

#include "drills/operated_shop.hpp"

namespace marketday::drills {

/// One product and a sale of it.
struct PlannedSale {
    std::string sku;
    std::int64_t units = 0;
    std::int64_t opens_ms = 0;  // Unix time
    std::int64_t price_minor = 39'000;
    std::int64_t limit_per_customer = 1;
    bool line = false;
    bool draw = false;  // those who come before the opening are drawn
};

/// Makes the product, receives its units, plans the sale, and waits until the shop shows it. The sale's id. Throws
/// std::runtime_error.
std::string plan_sale(OperatedShop& shop, const PlannedSale& sale);

/// Waits until shoppers see the sale open.
void wait_until_open(const OperatedShop& shop, const std::string& sale);

}  // namespace marketday::drills
