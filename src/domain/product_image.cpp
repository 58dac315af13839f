#include "domain/product_image.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace marketday::domain {
namespace {

constexpr std::string_view kRoot = "/images/";
constexpr std::size_t kIdDigits = 16;

}  // namespace

bool is_image_id(std::string_view text) {
    return text.size() == kIdDigits &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string image_file(const ImageId& image, int width) { return fmt::format("{}-{}.webp", image, width); }

std::optional<ImageId> image_of_file(std::string_view file) {
    const auto id = file.substr(0, kIdDigits);
    if (!is_image_id(id)) return std::nullopt;
    for (const int width : kImageWidths)
        if (file == image_file(ImageId{id}, width)) return ImageId{id};
    return std::nullopt;
}

std::string image_path(const SkuCode& sku, const ImageId& image) {
    std::string path{kRoot};
    for (const char c : sku) {
        if (c == '%')
            path += "%25";
        else
            path += c;
    }
    return path + '/' + image_file(image, kImageWidths.back());
}

std::optional<ImageId> image_of_path(std::string_view path) {
    if (!path.starts_with(kRoot)) return std::nullopt;
    return image_of_file(path.substr(path.rfind('/') + 1));
}

std::string image_at_width(std::string_view path, int width) {
    const auto image = image_of_path(path);
    if (!image) return std::string{path};
    return std::string{path.substr(0, path.rfind('/') + 1)} + image_file(*image, width);
}

}  // namespace marketday::domain
