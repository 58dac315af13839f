#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"

namespace marketday::ports {

/// Makes the forms of a picture in which it is shown, from what an operator gave. Off the caller's thread; tasks resume
/// on their caller's executor.
class ImageStudio {
public:
    enum class Error {
        busy,  // Too many pictures wait; nothing was done.
    };
    enum class Refusal : std::uint8_t {
        not_an_image,  // not a PNG, JPEG or WebP, or a damaged one
        too_large,     // more than kPixelsMax, or a side longer than kSidePixelsMax
        bad_crop,      // the rectangle is empty or leaves the picture
    };
    static constexpr std::int64_t kPixelsMax = 50'000'000;
    static constexpr std::int64_t kSidePixelsMax = 16'000;

    /// In pixels of the upright picture.
    struct Rectangle {
        std::int64_t x = 0;
        std::int64_t y = 0;
        std::int64_t width = 0;
        std::int64_t height = 0;
        bool operator==(const Rectangle&) const = default;
    };
    struct Order {
        std::string bytes;
        std::optional<Rectangle> crop;
        std::int64_t sharpen_percent = 100;  // 0..300; 0: as scaled
        std::vector<int> widths;             // wanted, ascending; a smaller picture is never blown up
    };
    struct Form {
        int wanted_width = 0;
        int width = 0;
        int height = 0;
        std::string webp;
    };

    virtual ~ImageStudio() = default;
    virtual Task<Result<Result<std::vector<Form>, Refusal>, Error>> develop(Order order) = 0;
};

}  // namespace marketday::ports
