#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "domain/product_image.hpp"
#include "usecases/browse_shelves.hpp"
#include "usecases/image_forms.hpp"

namespace marketday::usecases {

/// The pictures of the goods: shoppers look at them, operators add, cut, order and remove them. What a product shows
/// stands in its `images`; a picture is begun before a product names it, and its files go after it no longer does. With
/// the product an event is written, by which a worker finishes the picture (FinishImages).
class ProductImages {
public:
    using Error = ImageForms::Error;
    using Cut = ImageCut;
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kUploadBytesMax = 20 * 1024 * 1024;

    ProductImages(ImageForms& forms, BrowseShelves& shelves) : forms_(forms), shelves_(shelves) {}

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
    struct Shown {
        domain::ImageId image;
        domain::Product product;  // as it is now
        bool added = true;        // false: the product had this very picture
    };
    template <class T>
    using Wish = Answer<Result<T, Refusal>>;

    /// Adds a picture as the product's last. `bytes` as the operator has it, 1..kUploadBytesMax. A picture that the
    /// product has already is finished where it is not.
    Wish<Shown> add(domain::SkuCode sku, std::string bytes, Cut cut);
    /// Makes a picture anew from what was once given, and puts it in the old one's place.
    Wish<Shown> cut_again(domain::SkuCode sku, domain::ImageId image, Cut cut);
    Wish<domain::Product> remove(domain::SkuCode sku, domain::ImageId image);
    /// The product as it would be without the picture; nothing is changed.
    Wish<domain::Product> preview_removal(domain::SkuCode sku, domain::ImageId image);
    /// What an operator once gave.
    Wish<ImageForms::Bytes> original(domain::SkuCode sku, domain::ImageId image);

    /// One file as shoppers ask for it, as ImageForms::look.
    Answer<std::optional<ImageForms::Look>> look(domain::SkuCode sku, std::string file);

private:
    using Edit = std::function<bool(std::vector<std::string>&)>;
    Answer<std::optional<Refusal>> begin(domain::SkuCode sku, domain::ImageId image, ImageForms::Bytes original,
                                         Cut cut);
    Answer<std::optional<Refusal>> finish(domain::SkuCode sku, domain::ImageId image);
    Wish<domain::Product> edit(domain::SkuCode sku, Edit change, std::optional<domain::ImageId> adds);
    Task<void> remove_files(domain::SkuCode sku, domain::ImageId image);

    ImageForms& forms_;
    BrowseShelves& shelves_;
};

}  // namespace marketday::usecases
