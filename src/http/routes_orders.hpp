#pragma once

#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"
#include "http/session_positions.hpp"
#include "ports/order_book.hpp"
#include "usecases/checkout.hpp"

namespace marketday::http {

/// Placing orders and a customer's own orders. `ordered` is told of every SKU of an order that was granted. Without
/// `positions` one's own orders are read strictly.
using Ordered = std::function<void(const domain::SkuCode& sku, const CustomerId& customer)>;
std::vector<Route> order_routes(usecases::Checkout& checkout, ports::OrderBook& order_book, Ordered ordered = {},
                                const SessionPositions* positions = nullptr);

/// The parts of a list of orders that shoppers' and operators' routes share: ?limit=&cursor=&state=&sale= …
std::optional<Problem> read_order_query(const Request& request, ports::OrderBook::OrderQuery& query);
/// … and {"items":[…],"next_cursor":…}; `orders` holds one more than the page when there are more.
std::string order_list_json(std::vector<domain::Order> orders, std::size_t page);

}  // namespace marketday::http
