#include "domain/placement.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::domain {
namespace {

struct LineFacts {
    SkuFacts* sku = nullptr;
    SaleItem* item = nullptr;  // of the order's sale
};

SaleItem* item_of(Sale& sale, std::string_view sku) {
    const auto found = std::ranges::find(sale.items, sku, &SaleItem::sku);
    return found == sale.items.end() ? nullptr : &*found;
}

/// The reason to refuse one line, if there is one. Checks that no wait can cure come first, so that a shopper who has
/// the wrong price is not told to wait for stock.
std::optional<Refusal> fault_of(const OrderRequest& request, const OrderLine& line, const LineFacts& known,
                                PlacementFacts& facts) {
    if (known.sku == nullptr) return Refusal::unknown_sku;
    const SkuFacts& sku = *known.sku;
    if (request.sale && known.item == nullptr) return Refusal::not_for_sale;
    if (!request.sale && sku.only_in_sale) return Refusal::not_for_sale;
    if (sku.hidden) return Refusal::not_for_sale;
    const std::optional<Money> price = known.item != nullptr ? std::optional{known.item->price} : sku.price;
    if (!price) return Refusal::not_for_sale;
    if (price->currency != request.currency) return Refusal::wrong_currency;
    const std::int64_t version = known.item != nullptr ? 0 : sku.version;
    if (price->amount_minor != line.unit_price_minor || (line.price_version != 0 && line.price_version != version))
        return Refusal::price_changed;
    if (known.item != nullptr) {
        const std::int64_t held = facts.units_held(request.customer, *request.sale, line.sku);
        if (held + line.quantity > known.item->limit_per_customer) return Refusal::limit_reached;
        if (known.item->taken + line.quantity > known.item->units)
            return sku.level.reserved + sku.level.in_transfer > 0 ? Refusal::all_held : Refusal::sold_out;
    }
    if (sku.level.available < line.quantity) return shortage(sku.level);
    return std::nullopt;
}

}  // namespace

Refusal shortage(const StockLevel& level) {
    return level.available + level.reserved + level.in_transfer == 0 ? Refusal::sold_out : Refusal::all_held;
}

bool can_hold_again(const Order& order, PlacementFacts& facts) {
    Sale* sale = order.sale ? facts.sale(*order.sale) : nullptr;
    return std::ranges::all_of(order.lines, [&](const OrderLine& line) {
        const SkuFacts* sku = facts.sku(line.sku);
        if (sku == nullptr || sku->level.available < line.quantity) return false;
        if (sale == nullptr) return true;
        const SaleItem* item = item_of(*sale, line.sku);
        return item != nullptr && item->taken + line.quantity <= item->units &&
               facts.units_held(order.customer, sale->id, line.sku) + line.quantity <= item->limit_per_customer;
    });
}

std::variant<Grant, Refused> decide(const OrderRequest& request, Currency shop_currency, const ShippingPolicy& shipping,
                                    PlacementFacts& facts) {
    MD_ASSERT(!request.lines.empty() && request.lines.size() <= kOrderLinesMax);
    if (request.currency != shop_currency) return Refused{Refusal::wrong_currency, {}};
    Sale* sale = nullptr;
    if (request.sale) {
        sale = facts.sale(*request.sale);
        if (sale == nullptr || !sale->sells_at(request.placed_at)) return Refused{Refusal::sale_not_open, {}};
    }

    std::vector<LineFacts> known(request.lines.size());
    Refused refused;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const OrderLine& line = request.lines[i];
        known[i].sku = facts.sku(line.sku);
        if (sale != nullptr) known[i].item = item_of(*sale, line.sku);
        if (const auto fault = fault_of(request, line, known[i], facts)) {
            refused.lines.push_back({line.sku, *fault});
            if (refused.lines.size() == 1) refused.reason = *fault;
        }
    }
    if (!refused.lines.empty()) return refused;

    Grant grant{.total = {0, shop_currency}, .shipping = {0, shop_currency}, .price_versions = {}};
    std::int64_t weight_g = 0;
    for (std::size_t i = 0; i < known.size(); ++i) {
        const OrderLine& line = request.lines[i];
        const bool taken = apply(known[i].sku->level, Movement::reserve, line.quantity);
        MD_ASSERT(taken);
        if (known[i].item != nullptr) known[i].item->taken += line.quantity;
        grant.total.amount_minor += line.unit_price_minor * line.quantity;
        weight_g += known[i].sku->weight_g * line.quantity;
        grant.price_versions.push_back(known[i].item != nullptr ? 0 : known[i].sku->version);
    }
    grant.shipping.amount_minor = shipping_minor(shipping, grant.total.amount_minor, weight_g);
    grant.total.amount_minor += grant.shipping.amount_minor;
    return grant;
}

}  // namespace marketday::domain
