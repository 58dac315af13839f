#include "domain/product.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace marketday::domain {
namespace {

enum class Shape { one_line, paragraphs };

std::optional<std::string> find_text_fault(std::string_view text, std::string_view where, std::size_t bytes_max,
                                           Shape shape) {
    if (text.size() > bytes_max) return fmt::format("{} is longer than {} bytes", where, bytes_max);
    if (!is_valid_utf8(text)) return fmt::format("{} is not UTF-8", where);
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) continue;
        if (shape == Shape::paragraphs && (c == '\n' || c == '\r' || c == '\t')) continue;
        return fmt::format("{} has a control character (U+{:04X})", where, byte);
    }
    return std::nullopt;
}

std::optional<std::string> find_local_fault(const LocalText& text, std::string_view where, std::size_t bytes_max,
                                            Shape shape) {
    for (const Language language : kLanguages) {
        if (text.in(language).empty()) continue;
        auto fault =
            find_text_fault(text.in(language), fmt::format("{}.{}", where, to_string(language)), bytes_max, shape);
        if (fault) return fault;
    }
    return std::nullopt;
}

std::optional<std::string> find_category_fault(const std::vector<LocalText>& category) {
    if (category.size() > kCategoryLevelsMax)
        return fmt::format("category has more than {} levels", kCategoryLevelsMax);
    for (std::size_t i = 0; i < category.size(); ++i) {
        const std::string where = fmt::format("category[{}]", i);
        if (category[i].empty()) return where + " has no name";
        if (auto fault = find_local_fault(category[i], where, kCategoryBytesMax, Shape::one_line)) return fault;
    }
    return std::nullopt;
}

std::optional<std::string> find_image_fault(const std::vector<std::string>& images) {
    if (images.size() > kImagesMax) return fmt::format("more than {} images", kImagesMax);
    for (const auto& image : images) {
        if (auto fault = find_text_fault(image, "images", kImageBytesMax, Shape::one_line)) return fault;
        if (!image.starts_with("https://") && !image.starts_with("http://") && !image.starts_with("/"))
            return "an image is neither an http(s) address nor a path from /";
    }
    return std::nullopt;
}

bool is_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    return from_rfc3339(fmt::format("{}T00:00:00.000Z", text)).has_value();
}

}  // namespace

std::string_view to_string(Language language) {
    switch (language) {
        case Language::en: return "en";
        case Language::ja: return "ja";
        case Language::ko: return "ko";
    }
    return "";
}

std::optional<Language> parse_language(std::string_view code) {
    for (const Language language : kLanguages)
        if (to_string(language) == code) return language;
    return std::nullopt;
}

bool LocalText::empty() const {
    return std::ranges::all_of(texts, [](const std::string& text) { return text.empty(); });
}

const std::string& LocalText::best(Language wanted) const {
    if (!in(wanted).empty()) return in(wanted);
    const auto found = std::ranges::find_if(texts, [](const std::string& text) { return !text.empty(); });
    return found == texts.end() ? texts[0] : *found;
}

const std::string& Product::name_in(Language language) const {
    if (!name.in(language).empty()) return name.in(language);
    if (!name_derived.in(language).empty()) return name_derived.in(language);
    return name.best(language);
}

std::string category_path(const std::vector<LocalText>& category, std::size_t levels) {
    std::string path;
    for (std::size_t i = 0; i < std::min(levels, category.size()); ++i) {
        if (i > 0) path.push_back('/');
        const std::size_t start = path.size();
        path += category[i].best(Language::en);
        std::replace(path.begin() + static_cast<std::ptrdiff_t>(start), path.end(), '/', '-');
    }
    return path;
}

std::optional<std::string> find_fault(const Product& product) {
    if (product.sku.empty()) return "sku is missing";
    if (!is_sku_code(product.sku)) return "sku is not 1 to 64 characters of A-Z a-z 0-9 . _ ~ ! % + -";
    if (product.name.empty()) return "name is missing in every language";
    if (auto fault = find_local_fault(product.name, "name", kNameBytesMax, Shape::one_line)) return fault;
    if (auto fault = find_local_fault(product.name_derived, "name_derived", kNameBytesMax, Shape::one_line))
        return fault;
    if (auto fault = find_local_fault(product.description, "description", kDescriptionBytesMax, Shape::paragraphs))
        return fault;
    if (auto fault = find_category_fault(product.category)) return fault;
    if (auto fault = find_image_fault(product.images)) return fault;
    if (!product.released.empty() && !is_day(product.released)) return "released is not a day like 2026-11-21";
    if (product.price && (product.price->amount_minor < 0 || product.price->amount_minor > kPriceMinorMax))
        return "price is out of range";
    if (product.weight_g < 0 || product.weight_g > kWeightGMax)
        return fmt::format("weight_g is not between 0 and {}", kWeightGMax);
    return std::nullopt;
}

}  // namespace marketday::domain
