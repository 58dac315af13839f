#pragma once

#include <vector>

#include "http/message.hpp"
#include "ports/search_index.hpp"
#include "usecases/browse_shelves.hpp"

namespace marketday::http {

/// GET /admin/v1/products/search?q=: what shoppers would find by these words, as operators see it, and before it the
/// product of that very SKU, hidden or not. Both must outlive it.
std::vector<Route> goods_search_routes(ports::SearchIndex& index, usecases::BrowseShelves& shelves);

}  // namespace marketday::http
