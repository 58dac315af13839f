#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/search.hpp"

namespace marketday::http {

/// GET /api/v1/products, /api/v1/suggestions, /api/v1/rankings/searches, /api/v1/rankings/products.
std::vector<Route> search_routes(usecases::Search& search);

}  // namespace marketday::http
