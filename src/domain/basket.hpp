#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "domain/order.hpp"

namespace marketday::domain {

inline constexpr std::size_t kBasketLinesMax = kOrderLinesMax;
inline constexpr std::int64_t kBasketQuantityMax = 999;

/// What somebody means to buy. It promises nothing: neither the goods nor their price.
struct BasketLine {
    SkuCode sku;
    std::int64_t quantity = 1;  // 1..kBasketQuantityMax
    /// A unit's price when it was put in, so that a change can be told.
    std::int64_t seen_price_minor = 0;
    bool operator==(const BasketLine&) const = default;
};

/// Each SKU once, in the order they were put in; at most kBasketLinesMax.
struct Basket {
    std::vector<BasketLine> lines;
    bool operator==(const Basket&) const = default;
};

struct BasketChange {
    enum class Kind : std::uint8_t {
        set,     // so many of it; 0 takes it out
        add,     // so many more of it
        accept,  // its price as it is now has been seen; nothing when it is not in
    };
    Kind kind = Kind::set;
    SkuCode sku;
    std::int64_t quantity = 1;
    std::int64_t seen_price_minor = 0;
};

enum class BasketRefusal : std::uint8_t {
    full,          // kBasketLinesMax different goods are in
    bad_quantity,  // below 0, or more than kBasketQuantityMax of one
};

/// Applies `changes` in order, all of them or none.
Result<Basket, BasketRefusal> change_basket(Basket basket, const std::vector<BasketChange>& changes);

/// Both baskets in one, `into` first. Of what is in both, the larger quantity: a merge that is repeated changes nothing
/// more. What finds no room is left out.
Basket merge_baskets(Basket into, const Basket& from);

/// Without what was ordered.
Basket take_ordered(Basket basket, const std::vector<OrderLine>& ordered);

std::int64_t units_in(const Basket& basket);

}  // namespace marketday::domain
