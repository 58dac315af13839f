#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "domain/stock.hpp"

namespace marketday::domain {

/// Widths in pixels in which the shop shows a picture of its own, ascending; a smaller picture is not blown up.
inline constexpr std::array kImageWidths{320, 640, 1280};

/// One of the shop's own pictures: 16 hex digits, made of a hash of the picture and of how it was cut.
using ImageId = std::string;
bool is_image_id(std::string_view text);

/// "0123456789abcdef-640.webp", the file of one width.
std::string image_file(const ImageId& image, int width);
/// The picture whose file that is, of a known width; nothing for any other text.
std::optional<ImageId> image_of_file(std::string_view file);

/// "/images/demo-0001/0123456789abcdef-1280.webp": what Product::images holds of it.
std::string image_path(const SkuCode& sku, const ImageId& image);
/// The picture that an entry of Product::images names; nothing for a picture elsewhere.
std::optional<ImageId> image_of_path(std::string_view path);
/// The same picture in another width; a picture elsewhere stays as it is. For `srcset`.
std::string image_at_width(std::string_view path, int width);

}  // namespace marketday::domain
