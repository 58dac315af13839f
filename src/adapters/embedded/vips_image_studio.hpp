#pragma once

#include "base/async/blocking.hpp"
#include "ports/image_studio.hpp"

namespace marketday::adapters {

/// Pictures by libvips, as WebP: upright, in sRGB, without what the camera wrote down. Reads PNG, JPEG and WebP only,
/// by the library's own loaders for them.
class VipsImageStudio final : public ports::ImageStudio {
public:
    /// `pool` does the work, one picture a thread; it lives longer. Throws std::runtime_error when libvips does not
    /// start.
    explicit VipsImageStudio(BlockingPool& pool);

    Task<Result<Result<std::vector<Form>, Refusal>, Error>> develop(Order order) override;

private:
    BlockingPool& pool_;
};

}  // namespace marketday::adapters
