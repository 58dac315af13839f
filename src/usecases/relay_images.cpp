#include "usecases/relay_images.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace marketday::usecases {
namespace {

bool shows(const domain::Product& product, const domain::ImageId& image) {
    return std::ranges::any_of(product.images,
                               [&image](const std::string& path) { return domain::image_of_path(path) == image; });
}

std::string_view reason_of(const Result<ImageForms::Finished, ImageForms::Error>& failed) {
    if (!failed) return "the store of pictures did not answer, or too many are being made";
    if (*failed == ImageForms::Finished::refused) return "it cannot be read any more";
    return "what was given is not there: do all processes share their pictures?";
}

}  // namespace

ports::EventBus::Group FinishImages::group() {
    return {.name = "images",
            .topics = {"images"},
            .deliveries_max = 20,  // over two hours: a store of pictures may be away for a while
            .pause_first = milliseconds{1'000},
            .pause_max = milliseconds{600'000}};
}

Task<bool> FinishImages::handle(ShopEvent event) {
    if (!domain::is_sku_code(event.sku) || !domain::is_image_id(event.image)) {
        log::warn("images.event.malformed", {{"event", event.id}});
        co_return true;
    }
    std::vector<domain::SkuCode> skus{event.sku};
    auto found = co_await catalogue_.find(std::move(skus));
    if (!found) co_return false;
    // Removed, or cut anew, before its turn came.
    const auto& product = found->front();
    if (!product || !shows(*product, event.image)) co_return true;
    domain::SkuCode sku = event.sku;
    domain::ImageId image = event.image;
    const auto finished = co_await forms_.finish(std::move(sku), std::move(image));
    if (finished && *finished == ImageForms::Finished::was_finished) co_return true;
    if (finished && *finished == ImageForms::Finished::made) {
        figures_.finished_total.fetch_add(1);
        co_return true;
    }
    figures_.failures_total.fetch_add(1);
    log::warn("images.not_finished", {{"sku", event.sku}, {"image", event.image}, {"reason", reason_of(finished)}});
    co_return false;
}

}  // namespace marketday::usecases
