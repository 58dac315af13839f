#pragma once

#include <vector>

#include "http/message.hpp"
#include "ports/order_book.hpp"

namespace marketday::http {

/// GET /admin/v1/orders/{order}/ledger. `order_book` must outlive it.
std::vector<Route> order_ledger_routes(ports::OrderBook& order_book);

}  // namespace marketday::http
