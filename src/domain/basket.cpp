#include "domain/basket.hpp"

#include <algorithm>

namespace marketday::domain {
namespace {

auto line_of(Basket& basket, const SkuCode& sku) { return std::ranges::find(basket.lines, sku, &BasketLine::sku); }

std::optional<BasketRefusal> apply(Basket& basket, const BasketChange& change) {
    const auto line = line_of(basket, change.sku);
    const bool known = line != basket.lines.end();
    if (change.kind == BasketChange::Kind::accept) {
        if (known) line->seen_price_minor = change.seen_price_minor;
        return std::nullopt;
    }
    if (change.quantity < 0 || change.quantity > kBasketQuantityMax) return BasketRefusal::bad_quantity;
    const bool adds = change.kind == BasketChange::Kind::add;
    const std::int64_t quantity = change.quantity + (adds && known ? line->quantity : 0);
    if (quantity > kBasketQuantityMax) return BasketRefusal::bad_quantity;
    if (quantity == 0) {
        if (known) basket.lines.erase(line);
        return std::nullopt;
    }
    if (known) {
        line->quantity = quantity;
        if (adds) line->seen_price_minor = change.seen_price_minor;
        return std::nullopt;
    }
    if (basket.lines.size() >= kBasketLinesMax) return BasketRefusal::full;
    basket.lines.push_back({change.sku, quantity, change.seen_price_minor});
    return std::nullopt;
}

}  // namespace

Result<Basket, BasketRefusal> change_basket(Basket basket, const std::vector<BasketChange>& changes) {
    for (const auto& change : changes)
        if (const auto refusal = apply(basket, change)) return fail(*refusal);
    return basket;
}

Basket merge_baskets(Basket into, const Basket& from) {
    for (const auto& line : from.lines) {
        const auto have = line_of(into, line.sku);
        if (have != into.lines.end()) {
            have->quantity = std::max(have->quantity, line.quantity);
        } else if (into.lines.size() < kBasketLinesMax) {
            into.lines.push_back(line);
        }
    }
    return into;
}

Basket take_ordered(Basket basket, const std::vector<OrderLine>& ordered) {
    for (const auto& line : ordered) {
        const auto have = line_of(basket, line.sku);
        if (have == basket.lines.end()) continue;
        if (have->quantity <= line.quantity)
            basket.lines.erase(have);
        else
            have->quantity -= line.quantity;
    }
    return basket;
}

std::int64_t units_in(const Basket& basket) {
    std::int64_t units = 0;
    for (const auto& line : basket.lines) units += line.quantity;
    return units;
}

}  // namespace marketday::domain
