#include "http/routes_images.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/cache/byte_cache.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/product_json.hpp"
#include "http/ready.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

using usecases::ProductImages;
using Rectangle = ports::ImageStudio::Rectangle;

constexpr int kFileStatuses[] = {200, 400, 404, 503};
constexpr int kAddStatuses[] = {200, 201, 400, 401, 404, 409, 413, 503};
constexpr int kCutStatuses[] = {200, 400, 401, 404, 409, 413, 503};
constexpr int kOriginalStatuses[] = {200, 400, 401, 404, 503};
constexpr std::int64_t kSharpenPercentMax = 300;

std::shared_ptr<const ReadyResponse> picture(const std::string& bytes, std::string_view surrogate,
                                             std::string_view kept) {
    return make_ready(200, "image/webp",
                      {{"Cache-Control", std::string{kept}},
                       {"Surrogate-Key", std::string{surrogate}},
                       {"Cross-Origin-Resource-Policy", "cross-origin"}},
                      bytes);
}

/// The pictures last asked for, as ready bytes. A name's bytes never change, so nothing is ever stale.
class ReadyPictures {
public:
    explicit ReadyPictures(std::size_t bytes_max) : ready_({.eviction = Eviction::sieve, .bytes_max = bytes_max}) {}

    std::shared_ptr<const ReadyResponse> find(std::string_view path) {
        const auto* ready = ready_.find(path);
        return ready == nullptr ? nullptr : *ready;
    }
    std::shared_ptr<const ReadyResponse> keep(std::string_view path, const std::string& bytes,
                                              std::string_view surrogate) {
        auto ready = picture(bytes, surrogate, "public, max-age=31536000, immutable");
        ready_.put(path, ready, ready->identity.size() + path.size() + 512);
        return ready;
    }

private:
    ByteCache<std::shared_ptr<const ReadyResponse>> ready_;
};

Response send(std::shared_ptr<const ReadyResponse> ready) {
    Response response;
    response.ready = std::move(ready);
    return response;
}

/// GET /images/{sku}/{file}: 200, 404, 503. What is shown only until the picture is finished is kept for a second.
Task<Response> get_file(ProductImages& images, std::shared_ptr<ReadyPictures> pictures, const Request& request) {
    std::string path{request.path};
    domain::SkuCode sku{request.param(0)};
    std::string file{request.param(1)};
    auto look = co_await images.look(sku, std::move(file));
    if (!look) co_return problem(store_unavailable());
    if (!*look) co_return problem(not_found("picture"));
    const std::string& bytes = *(*look)->bytes;
    const std::string surrogate = "image-" + percent_encode(sku);
    co_return send((*look)->lasting ? pictures->keep(path, bytes, surrogate)
                                    : picture(bytes, surrogate, "public, max-age=1"));
}

Problem to_problem(ProductImages::Error error) {
    switch (error) {
        case ProductImages::Error::unavailable: return store_unavailable();
        case ProductImages::Error::outcome_unknown:
            return {503,
                    "outcome-unknown",
                    "The store did not say whether it took this.",
                    "Send the same again: it is not taken twice.",
                    {},
                    seconds{2}};
        case ProductImages::Error::busy:
            return {503, "busy", "Too many pictures at once.", "Send the same again in a moment.", {}, seconds{2}};
    }
    return store_unavailable();
}

Problem to_problem(ProductImages::Refusal refusal) {
    switch (refusal) {
        case ProductImages::Refusal::no_product: return not_found("product");
        case ProductImages::Refusal::no_image: return not_found("picture");
        case ProductImages::Refusal::not_an_image:
            return {400,
                    "not-an-image",
                    "This is not a picture that can be read.",
                    "Send a PNG, JPEG or WebP file, whole.",
                    {},
                    {}};
        case ProductImages::Refusal::too_large:
            return {400,
                    "image-too-large",
                    "The picture has too many pixels.",
                    "Send at most 50 million pixels, and at most 16,000 on a side.",
                    {},
                    {}};
        case ProductImages::Refusal::bad_crop:
            return invalid_request("The crop must lie within the picture and not be empty.");
        case ProductImages::Refusal::too_many:
            return {409, "too-many-images", "The product has as many pictures as it can have.", "Remove one first.", {},
                    {}};
        case ProductImages::Refusal::changed_meanwhile:
            return {409,
                    "changed-meanwhile",
                    "Somebody else has changed this product.",
                    "Look at it again, then change it.",
                    {},
                    {}};
    }
    return store_unavailable();
}

template <class T>
std::optional<T> whole(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "?crop=x,y,width,height&sharpen=100"
Result<ProductImages::Cut, Problem> read_cut(const Request& request) {
    ProductImages::Cut cut;
    if (const auto crop = request.query_param("crop")) {
        std::string_view rest{*crop};
        std::array<std::int64_t, 4> parts{};
        for (auto& part : parts) {
            const auto number = whole<std::int64_t>(take_until(rest, ','));
            if (!number) return fail(invalid_request("\"crop\" must be x,y,width,height in whole pixels."));
            part = *number;
        }
        if (!rest.empty()) return fail(invalid_request("\"crop\" must be x,y,width,height in whole pixels."));
        cut.crop = Rectangle{parts[0], parts[1], parts[2], parts[3]};
    }
    if (const auto sharpen = request.query_param("sharpen")) {
        const auto percent = whole<std::int64_t>(*sharpen);
        if (!percent || *percent < 0 || *percent > kSharpenPercentMax)
            return fail(invalid_request("\"sharpen\" must be 0 to 300, in percent."));
        cut.sharpen_percent = *percent;
    }
    return cut;
}

Result<ProductImages::Cut, Problem> read_cut_body(const Request& request) {
    constexpr std::int64_t kPixels = ports::ImageStudio::kSidePixelsMax;
    ProductImages::Cut cut;
    BodyReader body(request.body);
    if (body.enter_if("crop")) {
        cut.crop = Rectangle{body.integer("x", {0, kPixels}), body.integer("y", {0, kPixels}),
                             body.integer("width", {1, kPixels}), body.integer("height", {1, kPixels})};
        body.leave();
    }
    cut.sharpen_percent = body.integer_if("sharpen", {0, kSharpenPercentMax}).value_or(100);
    if (auto wrong = body.problem()) return fail(std::move(*wrong));
    return cut;
}

std::string shown_json(const ProductImages::Shown& shown) {
    return fmt::format(R"({{"image":"{}","url":"{}","product":{}}})", shown.image,
                       domain::image_path(shown.product.sku, shown.image),
                       product_admin_json(shown.product, std::nullopt));
}

/// POST /admin/v1/products/{sku}/images?crop=&sharpen=, the picture's bytes: 201, 200 when the product had it, 400
/// not-an-image | image-too-large, 401, 404, 409 too-many-images, 413, 503.
Task<Response> post_image(ProductImages& images, const Request& request) {
    auto cut = read_cut(request);
    if (!cut) co_return problem(cut.error());
    domain::SkuCode sku{request.param(0)};
    std::string bytes{request.body};
    auto shown = co_await images.add(std::move(sku), std::move(bytes), *cut);
    if (!shown) co_return problem(to_problem(shown.error()));
    if (!*shown) co_return problem(to_problem(shown->error()));
    co_return json((*shown)->added ? 201 : 200, shown_json(**shown));
}

/// POST /admin/v1/products/{sku}/images/{image}/cut {"crop":{…},"sharpen":…}: 200, 400, 401, 404, 409, 503.
Task<Response> post_cut(ProductImages& images, const Request& request) {
    auto cut = read_cut_body(request);
    if (!cut) co_return problem(cut.error());
    domain::SkuCode sku{request.param(0)};
    domain::ImageId image{request.param(1)};
    auto shown = co_await images.cut_again(std::move(sku), std::move(image), *cut);
    if (!shown) co_return problem(to_problem(shown.error()));
    if (!*shown) co_return problem(to_problem(shown->error()));
    co_return json(200, shown_json(**shown));
}

/// DELETE /admin/v1/products/{sku}/images/{image}: 200 with the product, 401, 404, 409, 503.
Task<Response> delete_image(ProductImages& images, const Request& request) {
    domain::SkuCode sku{request.param(0)};
    domain::ImageId image{request.param(1)};
    const bool dry = is_dry_run(request);
    auto removing = dry ? images.preview_removal(std::move(sku), std::move(image))
                        : images.remove(std::move(sku), std::move(image));
    auto product = co_await std::move(removing);
    if (!product) co_return problem(to_problem(product.error()));
    if (!*product) co_return problem(to_problem(product->error()));
    std::string after = product_admin_json(**product, std::nullopt);
    co_return json(200, dry ? "{\"would\":" + after + "}" : std::move(after));
}

std::string_view type_of(std::string_view bytes) {
    if (bytes.starts_with("\x89PNG")) return "image/png";
    if (bytes.starts_with("\xff\xd8\xff")) return "image/jpeg";
    return "image/webp";  // The studio took nothing else.
}

/// GET /admin/v1/products/{sku}/images/{image}/original: 200, 401, 404, 503.
Task<Response> get_original(ProductImages& images, const Request& request) {
    domain::SkuCode sku{request.param(0)};
    domain::ImageId image{request.param(1)};
    auto bytes = co_await images.original(std::move(sku), std::move(image));
    if (!bytes) co_return problem(to_problem(bytes.error()));
    if (!*bytes) co_return problem(to_problem(bytes->error()));
    Response response;
    response.content_type = type_of(***bytes);
    response.body = ***bytes;
    response.headers.emplace_back("Cache-Control", "private, max-age=31536000, immutable");
    co_return response;
}

}  // namespace

std::vector<Route> image_routes(ProductImages& images, std::size_t cache_bytes_max) {
    // Shared by the copies of both handlers.
    const auto pictures = std::make_shared<ReadyPictures>(cache_bytes_max);
    std::vector<Route> routes;
    routes.push_back(
        {.method = Method::get,
         .pattern = "/images/{sku}/{file}",
         .operation_id = "getProductImage",
         .summary = "A picture of a product; its bytes never change",
         .request_schema = {},
         .response_schema = "Image",
         .statuses = kFileStatuses,
         .handle = [&images, pictures](const Request& request) { return get_file(images, pictures, request); },
         .handle_now = [pictures](const Request& request) -> std::optional<Response> {
             auto ready = pictures->find(request.path);
             if (!ready) return std::nullopt;
             return send(std::move(ready));
         }});
    return routes;
}

std::vector<Route> admin_image_routes(ProductImages& images) {
    std::vector<Route> routes;
    const auto add = [&routes](Method method, std::string_view pattern, std::string_view operation,
                               std::string_view summary, std::string_view request_schema,
                               std::string_view response_schema, std::span<const int> statuses, Handler handle) {
        routes.push_back({.method = method,
                          .pattern = pattern,
                          .operation_id = operation,
                          .summary = summary,
                          .access = Access::operator_,
                          .request_schema = request_schema,
                          .response_schema = response_schema,
                          .statuses = statuses,
                          .handle = std::move(handle),
                          .handle_now = {}});
    };
    add(Method::post, "/admin/v1/products/{sku}/images", "addProductImage",
        "Add a picture: PNG, JPEG or WebP as the body", "ImageUpload", "ProductImage", kAddStatuses,
        [&images](const Request& request) { return post_image(images, request); });
    routes.back().body_bytes_max = ProductImages::kUploadBytesMax;
    routes.back().parameters = "crop sharpen";
    add(Method::post, "/admin/v1/products/{sku}/images/{image}/cut", "cutProductImage",
        "Make a picture anew from what was given: another crop, sharper or softer", "ImageCut", "ProductImage",
        kCutStatuses, [&images](const Request& request) { return post_cut(images, request); });
    add(Method::del, "/admin/v1/products/{sku}/images/{image}", "removeProductImage",
        "Remove a picture; their order is the product's `images`", {}, "AdminProduct", kCutStatuses,
        [&images](const Request& request) { return delete_image(images, request); });
    routes.back().parameters = "dry_run";
    add(Method::get, "/admin/v1/products/{sku}/images/{image}/original", "getOriginalImage",
        "The picture as it was given", {}, "Image", kOriginalStatuses,
        [&images](const Request& request) { return get_original(images, request); });
    return routes;
}

}  // namespace marketday::http
