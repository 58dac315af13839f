#include "adapters/embedded/vips_image_studio.hpp"

#include <algorithm>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <utility>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include <vips/vips8>
// After the others, whose types it uses.
#include <vips/vector.h>
#pragma GCC diagnostic pop

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using ports::ImageStudio;
using vips::VImage;
using Outcome = Result<std::vector<ImageStudio::Form>, ImageStudio::Refusal>;

constexpr int kWebpQuality = 82;
constexpr int kWebpEffort = 1;  // Half the time of 3 for a tenth more bytes.

/// What the decoders have to say goes into the log as an event, not as lines of their own beside it.
void log_what_vips_says(const gchar*, GLogLevelFlags, const gchar* message, gpointer) {
    log::debug("images.decoder.said", {{"message", std::string_view{message}.substr(0, 200)}});
}

void start_vips() {
    static std::once_flag once;
    static bool started = false;
    std::call_once(once, [] {
        if (VIPS_INIT("marketday") != 0) return;
        g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION),
                          log_what_vips_says, nullptr);
        // No code made at run time: where memory may not be both written and executed, making it ends the process.
        vips_vector_set_enabled(FALSE);
        vips_concurrency_set(1);  // The pool's threads are all that this work may take.
        vips_cache_set_max(0);
        vips_block_untrusted_set(TRUE);
        started = true;
    });
    if (!started) throw std::runtime_error("libvips does not start; is it installed whole?");
}

/// The picture as its first bytes say; none of another kind is even tried.
VImage open_picture(const std::string& bytes) {
    const std::string_view head{bytes.data(), std::min<std::size_t>(bytes.size(), 16)};
    VipsBlob* blob = vips_blob_new(nullptr, bytes.data(), bytes.size());
    const auto release = [](VipsBlob* held) { vips_area_unref(VIPS_AREA(held)); };
    const std::unique_ptr<VipsBlob, decltype(release)> held(blob, release);
    auto* options = VImage::option()->set("access", VIPS_ACCESS_RANDOM)->set("fail_on", VIPS_FAIL_ON_TRUNCATED);
    if (head.starts_with("\x89PNG\r\n\x1a\n")) return VImage::pngload_buffer(blob, options);
    if (head.starts_with("\xff\xd8\xff")) return VImage::jpegload_buffer(blob, options);
    if (head.size() >= 12 && head.starts_with("RIFF") && head.substr(8, 4) == "WEBP")
        return VImage::webpload_buffer(blob, options);
    delete options;
    throw vips::VError("neither PNG, JPEG nor WebP");
}

bool is_too_large(std::int64_t width, std::int64_t height) {
    return width > ImageStudio::kSidePixelsMax || height > ImageStudio::kSidePixelsMax ||
           width * height > ImageStudio::kPixelsMax;
}

ImageStudio::Form make_form(const VImage& picture, int wanted, std::int64_t sharpen_percent) {
    ImageStudio::Form form;
    form.wanted_width = wanted;
    const int width = std::min(wanted, picture.width());
    VImage scaled = picture.thumbnail_image(width, VImage::option()
                                                       ->set("height", static_cast<int>(ImageStudio::kSidePixelsMax))
                                                       ->set("size", VIPS_SIZE_DOWN)
                                                       ->set("export_profile", "srgb"));
    // Scaling down softens edges; what was not scaled is as sharp as it came.
    if (sharpen_percent > 0 && width < picture.width())
        scaled = scaled.sharpen(VImage::option()
                                    ->set("sigma", 0.6)
                                    ->set("m1", 0.0)
                                    ->set("m2", 1.6 * static_cast<double>(sharpen_percent) / 100.0));
    void* bytes = nullptr;
    std::size_t size = 0;
    scaled.write_to_buffer(".webp", &bytes, &size,
                           VImage::option()
                               ->set("Q", kWebpQuality)
                               ->set("effort", kWebpEffort)
                               ->set("smart_subsample", true)
                               ->set("strip", true));
    form.width = scaled.width();
    form.height = scaled.height();
    form.webp.assign(static_cast<const char*>(bytes), size);
    g_free(bytes);
    return form;
}

Outcome develop_now(const ImageStudio::Order& order) {
    try {
        VImage picture = open_picture(order.bytes);
        // Only the head has been read so far.
        if (is_too_large(picture.width(), picture.height())) return fail(ImageStudio::Refusal::too_large);
        picture = picture.autorot().copy_memory();
        if (order.crop) {
            const auto& cut = *order.crop;
            const bool inside = cut.x >= 0 && cut.y >= 0 && cut.width > 0 && cut.height > 0 &&
                                cut.width <= picture.width() && cut.height <= picture.height() &&
                                cut.x <= picture.width() - cut.width && cut.y <= picture.height() - cut.height;
            if (!inside) return fail(ImageStudio::Refusal::bad_crop);
            picture = picture.extract_area(static_cast<int>(cut.x), static_cast<int>(cut.y),
                                           static_cast<int>(cut.width), static_cast<int>(cut.height));
        }
        std::vector<ImageStudio::Form> forms;
        forms.reserve(order.widths.size());
        for (const int width : order.widths) forms.push_back(make_form(picture, width, order.sharpen_percent));
        return forms;
    } catch (const vips::VError& failure) {
        log::info("images.refused", {{"reason", std::string_view{failure.what()}.substr(0, 200)}});
        vips_error_clear();
        return fail(ImageStudio::Refusal::not_an_image);
    }
}

}  // namespace

VipsImageStudio::VipsImageStudio(BlockingPool& pool) : pool_(pool) { start_vips(); }

Task<Result<Result<std::vector<ImageStudio::Form>, ImageStudio::Refusal>, ImageStudio::Error>> VipsImageStudio::develop(
    Order order) {
    auto work = [&order] { return develop_now(order); };
    auto done = co_await blocking(pool_, std::move(work));
    if (!done) co_return fail(Error::busy);
    co_return std::move(*done);
}

}  // namespace marketday::adapters
