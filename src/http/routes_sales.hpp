#pragma once

#include <functional>
#include <vector>

#include "base/ids.hpp"
#include "http/message.hpp"
#include "http/near_caches.hpp"
#include "ports/order_book.hpp"
#include "usecases/sale_board.hpp"

namespace marketday::http {

/// Sales as shoppers see them. A sale's stock is a resource of its own, at most a second old. Without `caches` every
/// answer is made anew.
std::vector<Route> sale_routes(usecases::SaleBoard& board, ports::OrderBook& order_book, const Clock& clock,
                               NearCaches* caches = nullptr);

/// Sales and stock as operators change them. They run on the operator's executor; `changed` is called there after each
/// change and hands over to whoever must know.
std::vector<Route> admin_sale_routes(ports::OrderBook& order_book, const Clock& clock, UuidSource& uuids,
                                     std::function<void(const domain::Sale&)> changed);

}  // namespace marketday::http
