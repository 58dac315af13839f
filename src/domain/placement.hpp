#pragma once

#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "domain/order.hpp"
#include "domain/sale.hpp"
#include "domain/shipping.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {

/// What a store knows of one SKU while a batch is decided. `level` is worked on in place.
struct SkuFacts {
    std::optional<Money> price;
    bool hidden = false;
    std::int64_t weight_g = 0;
    std::int64_t version = 0;
    StockLevel level;
    /// The sale that has this SKU now and is not closed; then it is sold only there.
    std::optional<SaleId> only_in_sale;
};

/// Where the rules ask. Pointers hold until the batch ends; the store keeps one object a SKU and sale for the whole
/// batch.
class PlacementFacts {
public:
    virtual ~PlacementFacts() = default;
    virtual SkuFacts* sku(std::string_view code) = 0;  // null: unknown
    virtual Sale* sale(SaleId sale) = 0;               // null: unknown
    /// Units the customer holds or has bought in the sale, this batch included.
    virtual std::int64_t units_held(const CustomerId& customer, SaleId sale, std::string_view sku) = 0;
};

struct Grant {
    Money total;
    Money shipping;
    std::vector<std::int64_t> price_versions;  // of each line, as charged
};

/// Decides one order: grants it whole and takes its units (in `facts`), or refuses it whole and names the lines. The
/// caller has dealt with the idempotency key.
std::variant<Grant, Refused> decide(const OrderRequest& request, Currency shop_currency, const ShippingPolicy& shipping,
                                    PlacementFacts& facts);

/// Whether an order that has lost its units could have them again now: they are there, its sale has room for them, and
/// its customer's limit allows them. For money that came after the hold had ended.
bool can_hold_again(const Order& order, PlacementFacts& facts);

/// Why units are not to be had, from the stock as it is.
Refusal shortage(const StockLevel& level);

}  // namespace marketday::domain
