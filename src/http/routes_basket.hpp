#pragma once

#include <vector>

#include "http/guests.hpp"
#include "usecases/fill_basket.hpp"

namespace marketday::http {

/// GET /api/v1/basket, PUT and DELETE /api/v1/basket/lines/{sku}. Belong to the shop's executor.
std::vector<Route> basket_routes(usecases::FillBasket& basket, Guests& guests);

std::string_view to_string(usecases::FillBasket::LineState state);

}  // namespace marketday::http
