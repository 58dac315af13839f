#pragma once

#include <memory>

#include "http/pages/shop_pages.hpp"

namespace marketday::http::pages {

/// The routes of goods_routes, a file each.
Route home_route(const std::shared_ptr<const ShopPages>& shop);
Route product_page_route(const std::shared_ptr<const ShopPages>& shop);
/// /search and /c/{category...}
std::vector<Route> search_page_routes(const std::shared_ptr<const ShopPages>& shop);

}  // namespace marketday::http::pages
