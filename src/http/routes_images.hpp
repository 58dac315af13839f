#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/product_images.hpp"

namespace marketday::http {

/// GET /images/{sku}/{file} for shoppers; the bytes last used are kept, `cache_bytes_max` of them. Belongs to the
/// shop's executor.
std::vector<Route> image_routes(usecases::ProductImages& images, std::size_t cache_bytes_max = std::size_t{32} << 20);

/// Operators add, cut and remove pictures. Belongs to the operators' executor.
std::vector<Route> admin_image_routes(usecases::ProductImages& images);

}  // namespace marketday::http
