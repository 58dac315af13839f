#pragma once

#include "adapters/stored/event_message.hpp"
#include "domain/lifecycle.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"

namespace marketday::adapters {

/// What is told of orders and sales, whichever engine keeps them.
void add_reserved_event(EventMessage& message, const domain::OrderRequest& request, const Money& total);
/// `order` as it is after the step.
void add_order_event(EventMessage& message, const domain::Order& order, const domain::OrderStep& step);
void add_sale_event(EventMessage& message, const domain::Sale& sale, WallTime at);

}  // namespace marketday::adapters
