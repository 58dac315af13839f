#include "usecases/product_images.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.hpp"
#include "base/log.hpp"
#include "base/text.hpp"

namespace marketday::usecases {
namespace {

using domain::ImageId;
using domain::Product;
using ports::Images;
using ports::ImageStudio;
using Error = ProductImages::Error;
using Refusal = ProductImages::Refusal;

constexpr int kEditAttempts = 5;

Error to_error(Images::Error error) {
    switch (error) {
        case Images::Error::unavailable: return Error::unavailable;
        case Images::Error::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::unavailable;
}

Error to_error(BrowseShelves::Error error) {
    switch (error) {
        case BrowseShelves::Error::unavailable: return Error::unavailable;
        case BrowseShelves::Error::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::unavailable;
}

Refusal to_refusal(ImageStudio::Refusal refusal) {
    switch (refusal) {
        case ImageStudio::Refusal::not_an_image: return Refusal::not_an_image;
        case ImageStudio::Refusal::too_large: return Refusal::too_large;
        case ImageStudio::Refusal::bad_crop: return Refusal::bad_crop;
    }
    return Refusal::not_an_image;
}

/// The same picture cut the same way has the same id, so giving it twice is giving it once.
ImageId id_of(const std::string& bytes, const ProductImages::Cut& cut) {
    const Hash256 content = blake2b(std::string_view{bytes});
    std::string recipe = to_hex(content);
    if (cut.crop)
        recipe += fmt::format(" crop {} {} {} {}", cut.crop->x, cut.crop->y, cut.crop->width, cut.crop->height);
    recipe += fmt::format(" sharpen {}", cut.sharpen_percent);
    const Hash256 hash = blake2b(std::string_view{recipe});
    return to_hex(std::span{hash}.first(8));
}

std::string original_file(const ImageId& image) { return image + "-original"; }

std::vector<std::string> files_of(const ImageId& image) {
    std::vector<std::string> files{original_file(image)};
    for (const int width : domain::kImageWidths) files.push_back(domain::image_file(image, width));
    return files;
}

bool shows(const std::string& path, const ImageId& image) { return domain::image_of_path(path) == image; }

auto place_of(std::vector<std::string>& images, const ImageId& image) {
    return std::ranges::find_if(images, [&image](const std::string& path) { return shows(path, image); });
}

template <class T>
Result<T, Refusal> refused(Refusal refusal) {
    return fail(refusal);
}

}  // namespace

/// Stores every form and what they were made from; does nothing that a product shows yet.
ProductImages::Answer<std::optional<Refusal>> ProductImages::make(const domain::SkuCode& sku, const ImageId& image,
                                                                  const Images::Bytes& original, Cut cut) {
    auto stored = co_await images_.list(sku);
    if (!stored) co_return fail(to_error(stored.error()));
    const bool complete = std::ranges::all_of(
        files_of(image), [&stored](const std::string& file) { return std::ranges::binary_search(*stored, file); });
    if (complete) co_return std::nullopt;

    ImageStudio::Order order{.bytes = *original,
                             .crop = cut.crop,
                             .sharpen_percent = cut.sharpen_percent,
                             .widths = {domain::kImageWidths.begin(), domain::kImageWidths.end()}};
    auto developed = co_await studio_.develop(std::move(order));
    if (!developed) co_return fail(Error::busy);
    if (!*developed) co_return to_refusal(developed->error());
    for (auto& form : **developed) {
        Images::Name name{sku, domain::image_file(image, form.wanted_width)};
        Images::Bytes bytes = std::make_shared<const std::string>(std::move(form.webp));
        auto put = co_await images_.put(std::move(name), std::move(bytes));
        if (!put) co_return fail(to_error(put.error()));
    }
    Images::Name name{sku, original_file(image)};
    auto put = co_await images_.put(std::move(name), original);
    if (!put) co_return fail(to_error(put.error()));
    co_return std::nullopt;
}

/// Changes what a product shows; `change` says whether there is anything to write.
ProductImages::Wish<Product> ProductImages::edit(domain::SkuCode sku, Edit change) {
    using Outcome = Result<Product, Refusal>;
    for (int attempt = 0; attempt < kEditAttempts; ++attempt) {
        domain::SkuCode asked = sku;
        auto found = co_await shelves_.show(std::move(asked));
        if (!found) co_return fail(to_error(found.error()));
        if (!*found) co_return refused<Product>(Refusal::no_product);
        Product product = std::move((*found)->product);
        ProductEdit wanted;
        wanted.images = product.images;
        wanted.if_version = product.version;
        if (!change(*wanted.images)) co_return Outcome{std::move(product)};
        if (wanted.images->size() > domain::kImagesMax) co_return refused<Product>(Refusal::too_many);
        domain::SkuCode written = sku;
        auto edited = co_await shelves_.edit(std::move(written), std::move(wanted));
        if (!edited) co_return fail(to_error(edited.error()));
        if (*edited) co_return Outcome{std::move((*edited)->product)};
        if (edited->error().reason == BrowseShelves::Refusal::not_found)
            co_return refused<Product>(Refusal::no_product);
    }
    co_return refused<Product>(Refusal::changed_meanwhile);
}

ProductImages::Wish<ProductImages::Shown> ProductImages::add(domain::SkuCode sku, std::string bytes, Cut cut) {
    domain::SkuCode asked = sku;
    auto found = co_await shelves_.show(std::move(asked));
    if (!found) co_return fail(to_error(found.error()));
    if (!*found) co_return refused<Shown>(Refusal::no_product);
    if ((*found)->product.images.size() >= domain::kImagesMax) co_return refused<Shown>(Refusal::too_many);

    const ImageId image = id_of(bytes, cut);
    const Images::Bytes original = std::make_shared<const std::string>(std::move(bytes));
    auto made = co_await make(sku, image, original, cut);
    if (!made) co_return fail(made.error());
    if (*made) co_return refused<Shown>(**made);

    bool added = false;
    Edit append = [&](std::vector<std::string>& images) {
        added = place_of(images, image) == images.end();
        if (added) images.push_back(domain::image_path(sku, image));
        return added;
    };
    domain::SkuCode edited = sku;
    auto product = co_await edit(std::move(edited), std::move(append));
    if (!product) co_return fail(product.error());
    if (!*product) co_return refused<Shown>(product->error());
    co_return Result<Shown, Refusal>{Shown{image, std::move(**product), added}};
}

ProductImages::Wish<Images::Bytes> ProductImages::original(domain::SkuCode sku, ImageId image) {
    if (!domain::is_sku_code(sku) || !domain::is_image_id(image)) co_return refused<Images::Bytes>(Refusal::no_image);
    Images::Name name{std::move(sku), original_file(image)};
    auto bytes = co_await images_.get(std::move(name));
    if (!bytes) co_return fail(to_error(bytes.error()));
    if (!*bytes) co_return refused<Images::Bytes>(Refusal::no_image);
    co_return Result<Images::Bytes, Refusal>{std::move(**bytes)};
}

ProductImages::Wish<ProductImages::Shown> ProductImages::cut_again(domain::SkuCode sku, ImageId image, Cut cut) {
    domain::SkuCode asked = sku;
    auto given = co_await original(std::move(asked), image);
    if (!given) co_return fail(given.error());
    if (!*given) co_return refused<Shown>(given->error());
    const ImageId fresh = id_of(***given, cut);
    auto made = co_await make(sku, fresh, **given, cut);
    if (!made) co_return fail(made.error());
    if (*made) co_return refused<Shown>(**made);

    bool there = false;
    Edit replace = [&](std::vector<std::string>& images) {
        const auto place = place_of(images, image);
        there = place != images.end();
        if (there) *place = domain::image_path(sku, fresh);
        return there && fresh != image;
    };
    domain::SkuCode edited = sku;
    auto product = co_await edit(std::move(edited), std::move(replace));
    if (!product) co_return fail(product.error());
    if (!*product) co_return refused<Shown>(product->error());
    if (!there) co_return refused<Shown>(Refusal::no_image);
    if (fresh != image) {
        domain::SkuCode removed = sku;
        co_await remove_files(std::move(removed), image);
    }
    co_return Result<Shown, Refusal>{Shown{fresh, std::move(**product), fresh != image}};
}

ProductImages::Wish<Product> ProductImages::remove(domain::SkuCode sku, ImageId image) {
    bool there = false;
    Edit take_out = [&](std::vector<std::string>& images) {
        const auto place = place_of(images, image);
        there = place != images.end();
        if (there) images.erase(place);
        return there;
    };
    domain::SkuCode edited = sku;
    auto product = co_await edit(std::move(edited), std::move(take_out));
    if (!product) co_return fail(product.error());
    if (!*product) co_return product;
    if (!there) co_return refused<Product>(Refusal::no_image);
    co_await remove_files(std::move(sku), image);
    co_return product;
}

ProductImages::Wish<Product> ProductImages::preview_removal(domain::SkuCode sku, ImageId image) {
    auto found = co_await shelves_.show(std::move(sku));
    if (!found) co_return fail(to_error(found.error()));
    if (!*found) co_return refused<Product>(Refusal::no_product);
    Product product = std::move((*found)->product);
    const auto place = place_of(product.images, image);
    if (place == product.images.end()) co_return refused<Product>(Refusal::no_image);
    product.images.erase(place);
    co_return Result<Product, Refusal>{std::move(product)};
}

Task<void> ProductImages::remove_files(domain::SkuCode sku, ImageId image) {
    auto removed = co_await images_.remove(std::move(sku), files_of(image));
    // Nobody is shown it any more; what stays behind takes room and does no harm.
    if (!removed) log::warn("images.left_behind", {{"image", image}});
}

ProductImages::Answer<std::optional<Images::Bytes>> ProductImages::file(domain::SkuCode sku, std::string file) {
    if (!domain::is_sku_code(sku) || !domain::image_of_file(file)) co_return std::nullopt;
    Images::Name name{std::move(sku), std::move(file)};
    auto bytes = co_await images_.get(std::move(name));
    if (!bytes) co_return fail(to_error(bytes.error()));
    co_return std::move(*bytes);
}

}  // namespace marketday::usecases
