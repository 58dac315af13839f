#include "http/pages/buying.hpp"

#include "domain/product_image.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

constexpr int kStatuses[] = {200, 303, 400, 403, 404, 409, 429, 503};
constexpr int kListPictureWidth = 320;

}  // namespace

std::vector<Route> buying_routes(BuyingPages shop) {
    const Shop shared = std::make_shared<const BuyingPages>(std::move(shop));
    std::vector<Route> routes;
    for (const auto make : {basket_page_routes, checkout_page_routes, payment_page_routes, order_page_routes,
                            account_page_routes, letter_page_routes})
        for (auto& route : make(shared)) routes.push_back(std::move(route));
    return routes;
}

Route buying_route(Shop shop, Method method, std::string_view pattern, std::string_view operation_id,
                   std::string_view summary, PageHandler handle) {
    return {.method = method,
            .pattern = pattern,
            .operation_id = operation_id,
            .summary = summary,
            .body_bytes_max = 64 * 1024,
            .request_schema = {},
            .response_schema = "Page",
            .statuses = kStatuses,
            .handle = [shop = std::move(shop), handle](const Request& request) { return handle(*shop, request); },
            .handle_now = {}};
}

Task<Result<Scene, Response>> enter(const BuyingPages& shop, const Request& request, bool signed_in) {
    auto guest = co_await shop.guests.find(request);
    if (!guest) co_return fail(problem(store_unavailable()));
    if (signed_in && !guest->session) {
        const bool reads = request.method == Method::get || request.method == Method::head;
        co_return fail(see_other(with_query("/log-in", {{"next", reads ? request.target : request.path}})));
    }
    Scene scene;
    scene.guest = std::move(*guest);
    scene.language = choose_language(request);
    scene.texts = Texts(scene.language.language);
    co_return scene;
}

Response answer(const BuyingPages& shop, const Scene& scene, int status, const PageHead& head,
                const std::function<void(Html&)>& body) {
    return personal_page(shop.site, status, page(shop.site, scene.language.language, head, body), scene.language);
}

void write_notice(Html& html, const Notice& notice) {
    const bool wrong = notice.kind == "bad";
    const std::string classes = "notice " + std::string{notice.kind};
    html.in("div",
            {cls(classes), attr("role", wrong ? "alert" : "status"), attr_if(wrong, "tabindex", "-1"),
             flag("autofocus", wrong)},
            [&] {
                html.in("p", {}, [&] { html.leaf("strong", {}, notice.title); });
                if (!notice.hint.empty()) html.leaf("p", {}, notice.hint);
            });
}

void write_hidden(Html& html, std::string_view name, std::string_view value) {
    html.empty("input", {attr("type", "hidden"), attr("name", name), attr("value", value)});
}

void write_field(Html& html, const Field& field) {
    const bool wrong = !field.error.empty();
    const std::string hint_id = std::string{field.name} + "-hint";
    const std::string error_id = std::string{field.name} + "-error";
    std::string described;
    if (!field.hint.empty()) described = hint_id;
    if (wrong) described += (described.empty() ? "" : " ") + error_id;
    std::string classes = wrong ? "field wrong" : "field";
    if (field.whole_row) classes += " whole";
    html.in("div", {cls(classes)}, [&] {
        html.leaf("label", {attr("for", field.name)}, field.label);
        html.empty(
            "input",
            {id(field.name), attr("name", field.name), attr("type", field.type),
             attr_if(field.type != "password", "value", field.value), attr("maxlength", field.characters_max),
             attr_if(!field.autocomplete.empty(), "autocomplete", field.autocomplete), flag("required", field.required),
             attr_if(wrong, "aria-invalid", "true"), attr_if(!described.empty(), "aria-describedby", described)});
        if (!field.hint.empty()) html.leaf("p", {cls("hint"), id(hint_id)}, field.hint);
        if (wrong) html.leaf("p", {cls("error"), id(error_id)}, field.error);
    });
}

void write_sums(Html& html, const Texts& texts, const Money& goods, const Money& shipping, const Money& total) {
    html.in("dl", {cls("facts")}, [&] {
        html.leaf("dt", {}, texts("basket.goods"));
        html.leaf("dd", {cls("price")}, shown_money(goods, texts.language()));
        html.leaf("dt", {}, texts("basket.shipping"));
        html.leaf(
            "dd", {cls("price")},
            shipping.amount_minor == 0 ? std::string{texts("basket.free")} : shown_money(shipping, texts.language()));
        html.in("dt", {}, [&] { html.leaf("strong", {}, texts("basket.total")); });
        html.leaf("dd", {cls("sum")}, shown_money(total, texts.language()));
    });
}

void write_steps(Html& html, const Texts& texts, int step) {
    constexpr TextId kSteps[] = {"basket.title", "checkout.step_address", "checkout.step_payment",
                                 "checkout.step_done"};
    html.in("ol", {cls("steps"), attr("aria-label", texts("checkout.steps"))}, [&] {
        for (int i = 0; i < 4; ++i) html.leaf("li", {attr_if(i == step, "aria-current", "step")}, texts(kSteps[i]));
    });
}

std::string safe_next(std::string_view next) {
    // "/log-in…" again would only go round in circles.
    if (next.empty() || next.front() != '/' || !is_safe_url(next) || next.starts_with("/log-") ||
        next.starts_with("/sign-up"))
        return "/";
    return std::string{next};
}

std::string small_picture(const std::optional<domain::Product>& product) {
    if (!product || product->images.empty()) return {};
    return domain::image_at_width(product->images.front(), kListPictureWidth);
}

std::string order_path(OrderId order) { return "/orders/" + order.to_string(); }

std::string_view state_text(const Texts& texts, domain::OrderState state) {
    switch (state) {
        case domain::OrderState::reserved: return texts("order.reserved");
        case domain::OrderState::paying: return texts("order.paying");
        case domain::OrderState::paid: return texts("order.paid");
        case domain::OrderState::prepared: return texts("order.prepared");
        case domain::OrderState::shipped: return texts("order.shipped");
        case domain::OrderState::delivered: return texts("order.delivered");
        case domain::OrderState::returned: return texts("order.returned");
        case domain::OrderState::cancelled: return texts("order.cancelled");
        case domain::OrderState::expired: return texts("order.expired");
        case domain::OrderState::refunded: return texts("order.refunded");
    }
    return {};
}

std::string_view state_badge(domain::OrderState state) {
    switch (state) {
        case domain::OrderState::reserved:
        case domain::OrderState::paying: return "badge soon";
        case domain::OrderState::paid:
        case domain::OrderState::prepared:
        case domain::OrderState::shipped:
        case domain::OrderState::delivered: return "badge good";
        case domain::OrderState::returned:
        case domain::OrderState::cancelled:
        case domain::OrderState::refunded: return "badge";
        case domain::OrderState::expired: return "badge bad";
    }
    return "badge";
}

}  // namespace marketday::http::pages
