#include "usecases/product_images.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace marketday::usecases {
namespace {

using domain::ImageId;
using domain::Product;
using Error = ProductImages::Error;
using Refusal = ProductImages::Refusal;

constexpr int kEditAttempts = 5;

Error to_error(BrowseShelves::Error error) {
    switch (error) {
        case BrowseShelves::Error::unavailable: return Error::unavailable;
        case BrowseShelves::Error::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::unavailable;
}

Refusal to_refusal(ImageForms::Refusal refusal) {
    switch (refusal) {
        case ImageForms::Refusal::not_an_image: return Refusal::not_an_image;
        case ImageForms::Refusal::too_large: return Refusal::too_large;
        case ImageForms::Refusal::bad_crop: return Refusal::bad_crop;
    }
    return Refusal::not_an_image;
}

auto place_of(std::vector<std::string>& images, const ImageId& image) {
    return std::ranges::find_if(images,
                                [&image](const std::string& path) { return domain::image_of_path(path) == image; });
}

template <class T>
Result<T, Refusal> refused(Refusal refusal) {
    return fail(refusal);
}

}  // namespace

ProductImages::Answer<std::optional<Refusal>> ProductImages::begin(domain::SkuCode sku, ImageId image,
                                                                   ImageForms::Bytes original, Cut cut) {
    auto begun = co_await forms_.begin(std::move(sku), std::move(image), std::move(original), cut);
    if (!begun) co_return fail(begun.error());
    if (*begun) co_return to_refusal(**begun);
    co_return std::nullopt;
}

/// Of a picture that the product shows already: its event was written long ago.
ProductImages::Answer<std::optional<Refusal>> ProductImages::finish(domain::SkuCode sku, ImageId image) {
    auto finished = co_await forms_.finish(std::move(sku), std::move(image));
    if (!finished) co_return fail(finished.error());
    if (*finished == ImageForms::Finished::refused) co_return Refusal::not_an_image;
    co_return std::nullopt;
}

/// Changes what a product shows; `change` says whether there is anything to write, and `adds` which picture is to be
/// finished then.
ProductImages::Wish<Product> ProductImages::edit(domain::SkuCode sku, Edit change, std::optional<ImageId> adds) {
    using Outcome = Result<Product, Refusal>;
    for (int attempt = 0; attempt < kEditAttempts; ++attempt) {
        domain::SkuCode asked = sku;
        auto found = co_await shelves_.show(std::move(asked));
        if (!found) co_return fail(to_error(found.error()));
        if (!*found) co_return refused<Product>(Refusal::no_product);
        Product product = std::move((*found)->product);
        ProductEdit wanted;
        wanted.images = product.images;
        wanted.image_added = adds;
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

    const ImageId image = ImageForms::id_of(bytes, cut);
    ImageForms::Bytes original = std::make_shared<const std::string>(std::move(bytes));
    auto begun = co_await begin(sku, image, std::move(original), cut);
    if (!begun) co_return fail(begun.error());
    if (*begun) co_return refused<Shown>(**begun);

    bool added = false;
    Edit append = [&](std::vector<std::string>& images) {
        added = place_of(images, image) == images.end();
        if (added) images.push_back(domain::image_path(sku, image));
        return added;
    };
    domain::SkuCode edited = sku;
    std::optional<ImageId> adds = image;
    auto product = co_await edit(std::move(edited), std::move(append), std::move(adds));
    if (!product) co_return fail(product.error());
    if (!*product) co_return refused<Shown>(product->error());
    if (!added) {
        auto finished = co_await finish(sku, image);
        if (!finished) co_return fail(finished.error());
        if (*finished) co_return refused<Shown>(**finished);
    }
    co_return Result<Shown, Refusal>{Shown{image, std::move(**product), added}};
}

ProductImages::Wish<ImageForms::Bytes> ProductImages::original(domain::SkuCode sku, ImageId image) {
    using Bytes = ImageForms::Bytes;
    if (!domain::is_sku_code(sku) || !domain::is_image_id(image)) co_return refused<Bytes>(Refusal::no_image);
    auto bytes = co_await forms_.original(std::move(sku), std::move(image));
    if (!bytes) co_return fail(bytes.error());
    if (!*bytes) co_return refused<Bytes>(Refusal::no_image);
    co_return Result<Bytes, Refusal>{std::move(**bytes)};
}

ProductImages::Wish<ProductImages::Shown> ProductImages::cut_again(domain::SkuCode sku, ImageId image, Cut cut) {
    domain::SkuCode asked = sku;
    auto given = co_await original(std::move(asked), image);
    if (!given) co_return fail(given.error());
    if (!*given) co_return refused<Shown>(given->error());
    const ImageId fresh = ImageForms::id_of(***given, cut);
    auto begun = co_await begin(sku, fresh, **given, cut);
    if (!begun) co_return fail(begun.error());
    if (*begun) co_return refused<Shown>(**begun);

    bool there = false;
    Edit replace = [&](std::vector<std::string>& images) {
        const auto place = place_of(images, image);
        there = place != images.end();
        if (there) *place = domain::image_path(sku, fresh);
        return there && fresh != image;
    };
    domain::SkuCode edited = sku;
    std::optional<ImageId> adds = fresh;
    auto product = co_await edit(std::move(edited), std::move(replace), std::move(adds));
    if (!product) co_return fail(product.error());
    if (!*product) co_return refused<Shown>(product->error());
    if (!there) co_return refused<Shown>(Refusal::no_image);
    if (fresh != image) {
        domain::SkuCode removed = sku;
        co_await remove_files(std::move(removed), image);
    } else {
        auto finished = co_await finish(sku, image);
        if (!finished) co_return fail(finished.error());
        if (*finished) co_return refused<Shown>(**finished);
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
    auto product = co_await edit(std::move(edited), std::move(take_out), std::nullopt);
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
    auto removed = co_await forms_.remove(std::move(sku), image);
    // Nobody is shown it any more; what stays behind takes room and does no harm.
    if (!removed) log::warn("images.left_behind", {{"image", image}});
}

ProductImages::Answer<std::optional<ImageForms::Look>> ProductImages::look(domain::SkuCode sku, std::string file) {
    return forms_.look(std::move(sku), std::move(file));
}

}  // namespace marketday::usecases
