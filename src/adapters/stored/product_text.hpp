#pragma once

#include <string>
#include <string_view>

#include "domain/product.hpp"
#include "domain/product_image.hpp"

namespace marketday::adapters {

/// What a product's row keeps as JSON: all that shoppers read and that is not in its offer. Equal products give equal
/// bytes.
std::string product_content(const domain::Product& product);
/// The inverse. Throws std::runtime_error when the row does not hold what `product_content` wrote.
void read_product_content(std::string_view content, domain::Product& product);

/// A text in several languages, as a row keeps it: {"en":…}. Reading throws std::runtime_error.
void append_text(std::string& out, const domain::LocalText& text);
domain::LocalText parse_text(std::string_view json);
/// Fills in the languages that `into` has not.
void merge(domain::LocalText& into, const domain::LocalText& from);

/// The event of a picture that product change number `change` adds, for the outbox's topic "images".
std::string image_event(const domain::SkuCode& sku, const domain::ImageId& image, std::int64_t change);

}  // namespace marketday::adapters
