#pragma once

#include <optional>
#include <string>
#include <vector>

#include "domain/product_image.hpp"
#include "ports/image_studio.hpp"
#include "ports/images.hpp"
#include "usecases/browse_shelves.hpp"

namespace marketday::usecases {

/// The pictures of the goods: shoppers look at them, operators add, cut, order and remove them. What a product shows
/// stands in its `images`; a picture's files are stored before a product names them and go after it no longer does.
class ProductImages {
public:
    enum class Error {
        unavailable,      // Nothing happened that shows.
        outcome_unknown,  // It may have happened; the same again is safe.
        busy,             // Too many pictures are being made.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kUploadBytesMax = 20 * 1024 * 1024;

    ProductImages(ports::Images& images, ports::ImageStudio& studio, BrowseShelves& shelves)
        : images_(images), studio_(studio), shelves_(shelves) {}

    /// Why an operator's wish was refused.
    enum class Refusal : std::uint8_t {
        no_product,
        no_image,  // the product does not show such a picture
        not_an_image,
        too_large,
        bad_crop,
        too_many,           // domain::kImagesMax
        changed_meanwhile,  // by somebody else, again and again
    };
    struct Cut {
        std::optional<ports::ImageStudio::Rectangle> crop;
        std::int64_t sharpen_percent = 100;
    };
    struct Shown {
        domain::ImageId image;
        domain::Product product;  // as it is now
        bool added = true;        // false: the product had this very picture
    };
    template <class T>
    using Wish = Answer<Result<T, Refusal>>;

    /// Adds a picture as the product's last. `bytes` as the operator has it, 1..kUploadBytesMax.
    Wish<Shown> add(domain::SkuCode sku, std::string bytes, Cut cut);
    /// Makes a picture anew from what was once given, and puts it in the old one's place.
    Wish<Shown> cut_again(domain::SkuCode sku, domain::ImageId image, Cut cut);
    Wish<domain::Product> remove(domain::SkuCode sku, domain::ImageId image);
    /// The product as it would be without the picture; nothing is changed.
    Wish<domain::Product> preview_removal(domain::SkuCode sku, domain::ImageId image);
    /// What an operator once gave.
    Wish<ports::Images::Bytes> original(domain::SkuCode sku, domain::ImageId image);

    /// One file as shoppers ask for it. Nothing when there is none, or when the name is none of a shown width.
    Answer<std::optional<ports::Images::Bytes>> file(domain::SkuCode sku, std::string file);

private:
    using Edit = std::function<bool(std::vector<std::string>&)>;
    Answer<std::optional<Refusal>> make(const domain::SkuCode& sku, const domain::ImageId& image,
                                        const ports::Images::Bytes& original, Cut cut);
    Wish<domain::Product> edit(domain::SkuCode sku, Edit change);
    Task<void> remove_files(domain::SkuCode sku, domain::ImageId image);

    ports::Images& images_;
    ports::ImageStudio& studio_;
    BrowseShelves& shelves_;
};

}  // namespace marketday::usecases
