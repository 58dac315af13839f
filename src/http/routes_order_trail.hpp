#pragma once

#include <vector>

#include "http/message.hpp"
#include "ports/order_trail.hpp"

namespace marketday::http {

/// GET /admin/v1/orders/{order}/ledger. `trail` must outlive it.
std::vector<Route> order_trail_routes(ports::OrderTrail& trail);

}  // namespace marketday::http
