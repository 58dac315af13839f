#pragma once

#include <memory>

#include "http/pages/shop_pages.hpp"

namespace marketday::http::pages {

/// The routes of sale_page_routes, a file each.
Route sale_page_route(const std::shared_ptr<const ShopPages>& shop);
Route line_page_route(const std::shared_ptr<const ShopPages>& shop);

TextId sale_state_text(domain::SaleState state);

}  // namespace marketday::http::pages
