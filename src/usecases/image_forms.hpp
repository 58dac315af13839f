#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "domain/product_image.hpp"
#include "ports/image_studio.hpp"
#include "ports/images.hpp"

namespace marketday::usecases {

/// How a picture is made from what was given.
struct ImageCut {
    std::optional<ports::ImageStudio::Rectangle> crop;
    std::int64_t sharpen_percent = 100;
    bool operator==(const ImageCut&) const = default;
};
/// "crop 0 10 400 300 sharpen 100", as it is kept beside the picture. Nothing for what no cut is written as.
std::string to_text(const ImageCut& cut);
std::optional<ImageCut> parse_image_cut(std::string_view text);

/// The files of one picture: what was given, how it is cut, and a form for each width in which it is shown. It is begun
/// where it is given, which proves that it can be made, and finished by a worker; between the two it is shown small.
/// Whatever is done again changes nothing, by several processes at one time too. Any executor.
class ImageForms {
public:
    enum class Error {
        unavailable,      // Nothing happened that shows.
        outcome_unknown,  // It may have happened; the same again is safe.
        busy,             // Too many pictures are being made.
    };
    using Refusal = ports::ImageStudio::Refusal;
    using Bytes = ports::Images::Bytes;
    template <class T>
    using Answer = Task<Result<T, Error>>;

    ImageForms(ports::Images& images, ports::ImageStudio& studio) : images_(images), studio_(studio) {}

    /// The same picture cut the same way has the same id, so giving it twice is giving it once.
    static domain::ImageId id_of(const std::string& bytes, const ImageCut& cut);

    /// Stores what was given and all that finishing needs, the smallest form among it; nothing that shows yet.
    Answer<std::optional<Refusal>> begin(domain::SkuCode sku, domain::ImageId image, Bytes original, ImageCut cut);

    enum class Finished : std::uint8_t {
        made,
        was_finished,
        never_begun,  // or its files are not to be seen from here
        refused,      // by the studio, which took it when it was begun
    };
    /// Makes the forms that are not there.
    Answer<Finished> finish(domain::SkuCode sku, domain::ImageId image);

    /// What was given.
    Answer<std::optional<Bytes>> original(domain::SkuCode sku, domain::ImageId image);

    struct Look {
        Bytes bytes;
        bool lasting = true;  // false: the smallest form, until the one that was asked for is made
    };
    /// One form as shoppers ask for it; `file` names a shown width. Nothing where the picture is not even begun.
    Answer<std::optional<Look>> look(domain::SkuCode sku, std::string file);

    Answer<std::monostate> remove(domain::SkuCode sku, domain::ImageId image);

private:
    Answer<std::monostate> put(domain::SkuCode sku, std::string file, Bytes bytes);
    Answer<std::optional<Bytes>> get(domain::SkuCode sku, std::string file);
    Answer<std::optional<Refusal>> develop(domain::SkuCode sku, domain::ImageId image, Bytes original, ImageCut cut,
                                           std::vector<int> widths);

    ports::Images& images_;
    ports::ImageStudio& studio_;
};

}  // namespace marketday::usecases
