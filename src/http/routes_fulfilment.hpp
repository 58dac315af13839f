#pragma once

#include <vector>

#include "http/message.hpp"
#include "http/watch/order_traces.hpp"
#include "usecases/fulfil.hpp"

namespace marketday::http {

/// Operators: orders, what becomes of them, and their export. `fulfil` is one of the operators' executor; `traces` says
/// which request placed an order.
std::vector<Route> fulfilment_routes(usecases::Fulfil& fulfil, const OrderTraces& traces);

/// Orders as CSV (RFC 4180), one row a line of an order. Texts that a spreadsheet would run as a formula are made plain
/// by an apostrophe.
std::string orders_csv(const std::vector<domain::Order>& orders, bool with_header);

}  // namespace marketday::http
