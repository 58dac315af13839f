#pragma once

#include <vector>

#include "http/message.hpp"
#include "http/near_caches.hpp"
#include "usecases/browse.hpp"
#include "usecases/browse_shelves.hpp"
#include "usecases/import.hpp"

namespace marketday::http {

/// GET /api/v1/products/{sku}, /api/v1/products/{sku}/stock, /api/v1/categories. Without `caches` every answer is made
/// anew. `looked_at` is told of every product that was shown.
using LookedAt = std::function<void(std::string_view sku, const ClientAddress& client)>;
std::vector<Route> catalogue_routes(usecases::Browse& browse, NearCaches* caches = nullptr, LookedAt looked_at = {});

/// Operators: GET and PATCH /admin/v1/products/{sku}, GET /admin/v1/products, POST /admin/v1/products (an import's
/// batch). `import` and `shelves` run on the operator's thread.
std::vector<Route> admin_catalogue_routes(usecases::BrowseShelves& shelves, usecases::Import& import);

/// The most that one POST of an import may hold.
inline constexpr std::size_t kImportBodyBytesMax = 8 * 1024 * 1024;

}  // namespace marketday::http
