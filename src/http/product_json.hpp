#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/product.hpp"
#include "domain/stock.hpp"

namespace marketday::http {

/// The one form in which a product leaves the shop, in GET /products/{sku}, in lists and in caches:
///   {"sku","name":{lang:text},"name_derived":[lang],"description":{lang:text},"category":[{lang:text}],
///    "category_path","price":{"amount_minor","currency"}|null,"price_version","weight_g","images":[url],
///    "released":"YYYY-MM-DD"|null,"version"}
/// `name` holds derived names too; `name_derived` says which languages those are. Appends to `out`.
void append_product_json(std::string& out, const domain::Product& product);
std::string product_json(const domain::Product& product);
/// The same with what only operators see: "hidden", "created_at", "updated_at" and, when given, "stock".
std::string product_admin_json(const domain::Product& product, const std::optional<domain::StockLevel>& stock);

/// Appends {"en":…,"ja":…}; absent languages are left out.
void append_local_text_json(std::string& out, const domain::LocalText& text);

}  // namespace marketday::http
