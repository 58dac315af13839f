// A picture that an operator uploads: the decoders of PNG, JPEG and WebP, the crop, the forms that are made.

#include <optional>

#include "adapters/embedded/vips_image_studio.hpp"
#include "base/async/sim_executor.hpp"
#include "base/log.hpp"
#include "tests/fuzz/target.hpp"

namespace marketday::fuzz {
namespace {

using ports::ImageStudio;
using Answer = Result<Result<std::vector<ImageStudio::Form>, ImageStudio::Refusal>, ImageStudio::Error>;

Task<void> keep(Task<Answer> task, std::optional<Answer>* result) { result->emplace(co_await std::move(task)); }

struct Studio {
    SimExecutor executor{1};
    InlinePool pool{executor};
    adapters::VipsImageStudio studio{pool};
};

/// Whether the head promises more pixels than are worth a fuzzer's time; the studio has a limit of its own.
bool is_huge(std::string_view bytes) {
    if (!bytes.starts_with("\x89PNG") || bytes.size() < 24) return false;
    return bytes[16] != 0 || bytes[17] != 0 || bytes[20] != 0 || bytes[21] != 0 ||
           static_cast<unsigned char>(bytes[18]) > 8 || static_cast<unsigned char>(bytes[22]) > 8;
}

FUZZ_TARGET(image) {
    log::set_level(log::Level::off);
    static Studio& shared = *new Studio;  // libvips starts once a process
    Pieces pieces(bytes);
    ImageStudio::Order order;
    if (pieces.byte() % 4 == 0) {
        const auto part = [&] { return static_cast<std::int64_t>(pieces.byte()) - 16; };
        order.crop = {.x = part(), .y = part(), .width = part(), .height = part()};
    }
    order.bytes = pieces.rest();
    if (is_huge(order.bytes)) return;
    order.widths = {16, 64};
    std::optional<Answer> answer;
    spawn(shared.executor, "fuzz", keep(shared.studio.develop(std::move(order)), &answer));
    while (!answer && shared.executor.step()) {
    }
    FUZZ_REQUIRE(answer && answer->has_value());
    if (!**answer) return;
    for (const auto& form : ***answer) {
        FUZZ_REQUIRE(form.width > 0 && form.width <= form.wanted_width && form.height > 0);
        FUZZ_REQUIRE(form.webp.starts_with("RIFF"));
    }
}

}  // namespace
}  // namespace marketday::fuzz
