#pragma once

#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"
#include "usecases/browse_shelves.hpp"

namespace marketday::http {

/// The body of PATCH /admin/v1/products/{sku}: {"name":{lang:text}, "description":{lang:text}, "category":[…],
/// "images":[url], "price":{"amount_minor","currency"}|null, "hidden":bool, "weight_g":n, "if_version":n}. All
/// optional; `currency` is the shop's.
Result<usecases::ProductEdit, Problem> read_product_edit(std::string_view body, Currency currency);

}  // namespace marketday::http
