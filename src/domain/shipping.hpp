#pragma once

#include <cstdint>

namespace marketday::domain {

/// What delivery costs, in the shop's currency's minor units: `flat_minor` plus `per_kg_minor` for every begun
/// kilogram; nothing from `free_from_minor` worth of goods on (0: never free).
struct ShippingPolicy {
    std::int64_t flat_minor = 0;
    std::int64_t per_kg_minor = 0;
    std::int64_t free_from_minor = 0;
};

inline std::int64_t shipping_minor(const ShippingPolicy& policy, std::int64_t goods_minor, std::int64_t weight_g) {
    if (policy.free_from_minor > 0 && goods_minor >= policy.free_from_minor) return 0;
    return policy.flat_minor + policy.per_kg_minor * ((weight_g + 999) / 1000);
}

}  // namespace marketday::domain
