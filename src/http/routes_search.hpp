#pragma once

#include <vector>

#include "http/message.hpp"
#include "http/near_caches.hpp"
#include "usecases/search.hpp"

namespace marketday::http {

/// GET /api/v1/products, /api/v1/suggestions, /api/v1/rankings/searches, /api/v1/rankings/products.
/// Without `cache` every answer is made anew.
std::vector<Route> search_routes(usecases::Search& search, NearCache* cache = nullptr);

}  // namespace marketday::http
