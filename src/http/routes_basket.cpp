#include "http/routes_basket.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/problems.hpp"
#include "http/product_json.hpp"
#include "http/refusals.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using usecases::FillBasket;

constexpr int kReadStatuses[] = {200, 503};
constexpr int kChangeStatuses[] = {200, 400, 403, 404, 409, 413, 503};

std::string view_json(const FillBasket::View& view) {
    std::string body = "{\"lines\":[";
    for (const auto& line : view.lines) {
        log::append_json_string(body += body.back() == '[' ? "{\"sku\":" : ",{\"sku\":", line.wanted.sku);
        fmt::format_to(std::back_inserter(body), R"(,"quantity":{},"state":"{}","name":)", line.wanted.quantity,
                       to_string(line.state));
        append_local_text_json(body, line.product ? line.product->name : domain::LocalText{});
        body += ",\"image\":";
        if (line.product && !line.product->images.empty())
            log::append_json_string(body, line.product->images.front());
        else
            body += "null";
        append_money(body += ",\"unit_price\":", line.unit_price);
        append_money(body += ",\"seen_unit_price\":", {line.wanted.seen_price_minor, line.unit_price.currency});
        fmt::format_to(std::back_inserter(body),
                       ",\"price_version\":{},\"total\":", line.product ? line.product->price_version : 0);
        append_money(body, line.total());
        body += '}';
    }
    fmt::format_to(std::back_inserter(body), "],\"units\":{},\"goods\":", view.units);
    append_money(body, view.goods);
    append_money(body += ",\"shipping\":", view.shipping);
    append_money(body += ",\"total\":", view.total);
    return body + '}';
}

Response refused(FillBasket::Refusal refusal) {
    switch (refusal) {
        case FillBasket::Refusal::unknown_sku: return problem(not_found("product"));
        case FillBasket::Refusal::not_for_sale:
            return problem({409, "not-for-sale", "This product has no price.", "Choose another.", {}, {}});
        case FillBasket::Refusal::in_sale:
            return problem({409,
                            "not-for-sale",
                            "This product is sold in a sale only.",
                            "Look at the sale; what is sold there goes into no basket.",
                            {},
                            {}});
        case FillBasket::Refusal::full:
            return problem({409,
                            "basket-full",
                            "The basket holds 50 different goods, and there is no room for more.",
                            "Order these first, or take some out.",
                            {},
                            {}});
        case FillBasket::Refusal::bad_quantity:
            return problem(invalid_request("\"quantity\" must be 0 to 999, with what is in already."));
    }
    return problem(store_unavailable());
}

/// The whole basket, after whatever was done to it.
Task<Response> show(FillBasket& basket, const Guests& guests, Guest guest) {
    auto view = co_await basket.view(guest.owner());
    if (!view) co_return problem(store_unavailable());
    Response response = json(200, view_json(*view));
    response.headers.emplace_back("Cache-Control", "no-store");
    guests.remember(response, guest);
    guests.show_units(response, view->units);
    co_return response;
}

/// GET /api/v1/basket: 200, 503.
Task<Response> get_basket(FillBasket& basket, Guests& guests, const Request& request) {
    auto guest = co_await guests.find(request);
    if (!guest) co_return problem(store_unavailable());
    co_return co_await show(basket, guests, std::move(*guest));
}

Task<Response> set_line(FillBasket& basket, Guests& guests, const Request& request, std::int64_t quantity) {
    auto guest = co_await guests.find(request);
    if (!guest) co_return problem(store_unavailable());
    if (!Guests::is_own_form(request, Form{}, *guest, false)) co_return refusals::csrf_token_wrong();
    std::vector<FillBasket::Quantity> quantities{{domain::SkuCode{request.param(0)}, quantity}};
    auto changed = co_await basket.set(guest->owner(), std::move(quantities));
    if (!changed) co_return problem(store_unavailable());
    if (!*changed) co_return refused(changed->error());
    co_return co_await show(basket, guests, std::move(*guest));
}

/// PUT /api/v1/basket/lines/{sku} {"quantity"}: 200 with the basket, 400, 403, 404, 409 basket-full | not-for-sale,
/// 503.
Task<Response> put_line(FillBasket& basket, Guests& guests, const Request& request) {
    BodyReader body(request.body);
    const std::int64_t quantity = body.integer("quantity", {0, domain::kBasketQuantityMax});
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    co_return co_await set_line(basket, guests, request, quantity);
}

}  // namespace

std::string_view to_string(FillBasket::LineState state) {
    switch (state) {
        case FillBasket::LineState::on_sale: return "on_sale";
        case FillBasket::LineState::few_left: return "few_left";
        case FillBasket::LineState::all_held: return "all_held";
        case FillBasket::LineState::sold_out: return "sold_out";
        case FillBasket::LineState::in_sale: return "in_sale";
        case FillBasket::LineState::not_for_sale: return "not_for_sale";
    }
    return "";
}

std::vector<Route> basket_routes(FillBasket& basket, Guests& guests) {
    std::vector<Route> routes;
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/basket",
         .operation_id = "getBasket",
         .summary = "One's basket; before log-in by the cookie md_guest",
         .request_schema = {},
         .response_schema = "Basket",
         .statuses = kReadStatuses,
         .handle = [&basket, &guests](const Request& request) { return get_basket(basket, guests, request); },
         .handle_now = {}});
    routes.push_back(
        {.method = Method::put,
         .pattern = "/api/v1/basket/lines/{sku}",
         .operation_id = "setBasketLine",
         .summary = "So many of a product in the basket; 0 takes it out",
         .body_bytes_max = 4 * 1024,
         .request_schema = "BasketQuantity",
         .response_schema = "Basket",
         .statuses = kChangeStatuses,
         .handle = [&basket, &guests](const Request& request) { return put_line(basket, guests, request); },
         .handle_now = {}});
    routes.push_back(
        {.method = Method::del,
         .pattern = "/api/v1/basket/lines/{sku}",
         .operation_id = "removeBasketLine",
         .summary = "Take a product out of the basket",
         .body_bytes_max = 4 * 1024,
         .request_schema = {},
         .response_schema = "Basket",
         .statuses = kChangeStatuses,
         .handle = [&basket, &guests](const Request& request) { return set_line(basket, guests, request, 0); },
         .handle_now = {}});
    return routes;
}

}  // namespace marketday::http
