#include "usecases/image_forms.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::usecases {
namespace {

using domain::ImageId;
using ports::Images;
using ports::ImageStudio;
using Error = ImageForms::Error;

constexpr int kSmallest = domain::kImageWidths.front();

Error to_error(Images::Error error) {
    switch (error) {
        case Images::Error::unavailable: return Error::unavailable;
        case Images::Error::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::unavailable;
}

std::string original_file(const ImageId& image) { return image + "-original"; }
std::string cut_file(const ImageId& image) { return image + "-cut"; }

bool is_in(const std::vector<std::string>& stored, const std::string& file) {
    return std::ranges::binary_search(stored, file);
}

/// The widths of which there is no form among `stored`, the product's files by name.
std::vector<int> missing_widths(const std::vector<std::string>& stored, const ImageId& image) {
    std::vector<int> missing;
    for (const int width : domain::kImageWidths)
        if (!is_in(stored, domain::image_file(image, width))) missing.push_back(width);
    return missing;
}

std::string_view take_word(std::string_view& text) {
    const std::size_t end = text.find(' ');
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return word;
}

std::optional<std::int64_t> take_number(std::string_view& text) {
    const std::string_view word = take_word(text);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string to_text(const ImageCut& cut) {
    std::string text;
    if (cut.crop) text = fmt::format("crop {} {} {} {} ", cut.crop->x, cut.crop->y, cut.crop->width, cut.crop->height);
    return text + fmt::format("sharpen {}", cut.sharpen_percent);
}

std::optional<ImageCut> parse_image_cut(std::string_view text) {
    const std::string_view given = text;
    ImageCut cut;
    std::string_view word = take_word(text);
    if (word == "crop") {
        std::array<std::int64_t, 4> parts{};
        for (auto& part : parts) {
            const auto number = take_number(text);
            if (!number) return std::nullopt;
            part = *number;
        }
        cut.crop = ImageStudio::Rectangle{parts[0], parts[1], parts[2], parts[3]};
        word = take_word(text);
    }
    if (word != "sharpen") return std::nullopt;
    const auto percent = take_number(text);
    if (!percent) return std::nullopt;
    cut.sharpen_percent = *percent;
    return to_text(cut) == given ? std::optional{cut} : std::nullopt;
}

ImageId ImageForms::id_of(const std::string& bytes, const ImageCut& cut) {
    const Hash256 content = blake2b(std::string_view{bytes});
    const std::string recipe = to_hex(content) + " " + to_text(cut);
    const Hash256 hash = blake2b(std::string_view{recipe});
    return to_hex(std::span{hash}.first(8));
}

ImageForms::Answer<std::monostate> ImageForms::put(domain::SkuCode sku, std::string file, Bytes bytes) {
    Images::Name name{std::move(sku), std::move(file)};
    auto done = co_await images_.put(std::move(name), std::move(bytes));
    if (!done) co_return fail(to_error(done.error()));
    co_return std::monostate{};
}

ImageForms::Answer<std::optional<ImageForms::Bytes>> ImageForms::get(domain::SkuCode sku, std::string file) {
    Images::Name name{std::move(sku), std::move(file)};
    auto bytes = co_await images_.get(std::move(name));
    if (!bytes) co_return fail(to_error(bytes.error()));
    co_return std::move(*bytes);
}

ImageForms::Answer<std::optional<ImageForms::Refusal>> ImageForms::develop(domain::SkuCode sku, ImageId image,
                                                                           Bytes original, ImageCut cut,
                                                                           std::vector<int> widths) {
    ImageStudio::Order order{
        .bytes = *original, .crop = cut.crop, .sharpen_percent = cut.sharpen_percent, .widths = std::move(widths)};
    auto developed = co_await studio_.develop(std::move(order));
    if (!developed) co_return fail(Error::busy);
    if (!*developed) co_return developed->error();
    for (auto& form : **developed) {
        Bytes bytes = std::make_shared<const std::string>(std::move(form.webp));
        std::string file = domain::image_file(image, form.wanted_width);
        auto stored = co_await put(sku, std::move(file), std::move(bytes));
        if (!stored) co_return fail(stored.error());
    }
    co_return std::nullopt;
}

ImageForms::Answer<std::optional<ImageForms::Refusal>> ImageForms::begin(domain::SkuCode sku, ImageId image,
                                                                         Bytes original, ImageCut cut) {
    domain::SkuCode asked = sku;
    auto stored = co_await images_.list(std::move(asked));
    if (!stored) co_return fail(to_error(stored.error()));
    const bool given = is_in(*stored, original_file(image));
    // Pictures of earlier versions were made whole, without a note of how they were cut.
    if (given && missing_widths(*stored, image).empty()) co_return std::nullopt;
    if (given && is_in(*stored, cut_file(image)) && is_in(*stored, domain::image_file(image, kSmallest)))
        co_return std::nullopt;

    std::vector<int> smallest{kSmallest};
    auto refused = co_await develop(sku, image, original, cut, std::move(smallest));
    if (!refused || *refused) co_return refused;
    std::string file = cut_file(image);
    Bytes text = std::make_shared<const std::string>(to_text(cut));
    auto put_cut = co_await put(sku, std::move(file), std::move(text));
    if (!put_cut) co_return fail(put_cut.error());
    file = original_file(image);
    auto put_original = co_await put(sku, std::move(file), std::move(original));
    if (!put_original) co_return fail(put_original.error());
    co_return std::nullopt;
}

ImageForms::Answer<ImageForms::Finished> ImageForms::finish(domain::SkuCode sku, ImageId image) {
    domain::SkuCode asked = sku;
    auto stored = co_await images_.list(std::move(asked));
    if (!stored) co_return fail(to_error(stored.error()));
    std::vector<int> missing = missing_widths(*stored, image);
    if (missing.empty()) co_return Finished::was_finished;

    asked = sku;
    auto given = co_await original(std::move(asked), image);
    if (!given) co_return fail(given.error());
    std::string file = cut_file(image);
    auto text = co_await get(sku, std::move(file));
    if (!text) co_return fail(text.error());
    if (!*given || !*text) co_return Finished::never_begun;
    const auto cut = parse_image_cut(***text);
    if (!cut) co_return Finished::never_begun;
    auto refused = co_await develop(std::move(sku), std::move(image), std::move(**given), *cut, std::move(missing));
    if (!refused) co_return fail(refused.error());
    co_return *refused ? Finished::refused : Finished::made;
}

ImageForms::Answer<std::optional<ImageForms::Bytes>> ImageForms::original(domain::SkuCode sku, ImageId image) {
    std::string file = original_file(image);
    return get(std::move(sku), std::move(file));
}

ImageForms::Answer<std::optional<ImageForms::Look>> ImageForms::look(domain::SkuCode sku, std::string file) {
    const auto image = domain::image_of_file(file);
    if (!domain::is_sku_code(sku) || !image) co_return std::nullopt;
    auto bytes = co_await get(sku, file);
    if (!bytes) co_return fail(bytes.error());
    if (*bytes) co_return Look{std::move(**bytes), true};
    std::string smallest = domain::image_file(*image, kSmallest);
    if (file == smallest) co_return std::nullopt;
    auto meanwhile = co_await get(std::move(sku), std::move(smallest));
    if (!meanwhile) co_return fail(meanwhile.error());
    if (!*meanwhile) co_return std::nullopt;
    co_return Look{std::move(**meanwhile), false};
}

ImageForms::Answer<std::monostate> ImageForms::remove(domain::SkuCode sku, ImageId image) {
    std::vector<std::string> files{original_file(image), cut_file(image)};
    for (const int width : domain::kImageWidths) files.push_back(domain::image_file(image, width));
    auto removed = co_await images_.remove(std::move(sku), std::move(files));
    if (!removed) co_return fail(to_error(removed.error()));
    co_return std::monostate{};
}

}  // namespace marketday::usecases
