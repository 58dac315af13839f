// /basket: what somebody means to buy.
#include "http/pages/buying.hpp"
#include "http/pages/shop_pages.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using usecases::FillBasket;
using LineState = FillBasket::LineState;

std::string line_name(const Texts& texts, const FillBasket::Line& line) {
    return line.product ? line.product->name_in(texts.language()) : std::string{texts("basket.gone")};
}

/// What stands in the way of ordering a line; empty when nothing does.
std::string trouble(const Texts& texts, const FillBasket::Line& line) {
    switch (line.state) {
        case LineState::on_sale: return {};
        case LineState::few_left: return texts("basket.few_left", {{"n", grouped(line.available)}});
        case LineState::all_held: return std::string{texts("basket.all_held")};
        case LineState::sold_out: return std::string{texts("basket.sold_out")};
        case LineState::in_sale: return std::string{texts("basket.in_sale")};
        case LineState::not_for_sale: return std::string{texts("basket.not_for_sale")};
    }
    return {};
}

void write_line(Html& html, const Texts& texts, const FillBasket::Line& line) {
    const std::string name = line_name(texts, line);
    const std::string field = "quantity-" + line.wanted.sku;
    html.in("li", {cls("line")}, [&] {
        write_picture(html, {.url = small_picture(line.product), .alt = "", .size = 96});
        html.in("div", {cls("what")}, [&] {
            if (line.product)
                html.leaf("a", {href(product_path(line.wanted.sku))}, name);
            else
                html.leaf("span", {}, name);
            if (line.counts())
                html.leaf("p", {cls("small muted")},
                          texts("basket.unit_price", {{"price", shown_money(line.unit_price, texts.language())}}));
            if (line.price_changed())
                html.leaf("p", {cls("small")},
                          texts("basket.price_was",
                                {{"old", shown_money({line.wanted.seen_price_minor, line.unit_price.currency},
                                                     texts.language())},
                                 {"new", shown_money(line.unit_price, texts.language())}}));
            if (const std::string wrong = trouble(texts, line); !wrong.empty()) html.leaf("p", {cls("error")}, wrong);
        });
        html.leaf("span", {cls("price")}, line.counts() ? shown_money(line.total(), texts.language()) : "—");
        html.in("div", {cls("actions")}, [&] {
            write_hidden(html, "sku", line.wanted.sku);
            html.leaf("label", {cls("unseen"), attr("for", field)}, texts("basket.quantity", {{"name", name}}));
            html.empty("input", {id(field), cls("quantity"), attr("type", "number"), attr("name", "quantity"),
                                 attr("value", line.wanted.quantity), attr("min", 0),
                                 attr("max", domain::kBasketQuantityMax), attr("inputmode", "numeric")});
            html.leaf(
                "button",
                {cls("button link"), attr("type", "submit"), attr("name", "remove"), attr("value", line.wanted.sku),
                 attr("aria-label", texts("basket.remove_this", {{"name", name}}))},
                texts("basket.remove"));
        });
    });
}

void write_summary(Html& html, const Scene& scene, const FillBasket::View& view) {
    const Texts& texts = scene.texts;
    html.in("aside", {cls("panel stack")}, [&] {
        write_sums(html, texts, view.goods, view.shipping, view.total);
        if (!view.can_be_ordered())
            html.leaf("p", {cls("error")}, texts("basket.fix_first"));
        else
            html.leaf("a", {cls("button wide large"), href("/checkout")}, texts("basket.to_checkout"));
        html.leaf("p", {cls("small muted")}, texts("basket.not_held"));
    });
}

void write_basket(Html& html, const Scene& scene, const FillBasket::View& view, const Notice& notice) {
    const Texts& texts = scene.texts;
    html.leaf("h1", {}, texts("basket.title"));
    if (!notice.title.empty()) write_notice(html, notice);
    if (view.lines.empty()) {
        html.in("div", {cls("empty")}, [&] {
            html.leaf("p", {cls("lead")}, texts("basket.empty"));
            html.leaf("p", {}, texts("basket.empty_hint"));
            html.in("p", {}, [&] { html.leaf("a", {cls("button"), href("/")}, texts("basket.to_shop")); });
        });
        return;
    }
    if (view.price_changed()) {
        html.in("form", {cls("notice warn"), action("/basket/prices"), attr("method", "post")}, [&] {
            html.leaf("p", {}, texts("basket.prices_changed"));
            write_hidden(html, "csrf_token", scene.csrf_token());
            html.leaf("button", {cls("button quiet"), attr("type", "submit")}, texts("basket.accept_prices"));
        });
    }
    html.in("div", {cls("split")}, [&] {
        html.in("form", {cls("stack"), action("/basket/lines"), attr("method", "post")}, [&] {
            write_hidden(html, "csrf_token", scene.csrf_token());
            // Enter in a quantity field presses the first button: it must be the one that changes quantities.
            html.leaf("button", {cls("unseen"), attr("type", "submit"), attr("tabindex", -1)}, texts("basket.update"));
            html.in("ul", {cls("lines")}, [&] {
                for (const auto& line : view.lines) write_line(html, texts, line);
            });
            html.in("p", {cls("actions")}, [&] {
                html.leaf("button", {cls("button quiet"), attr("type", "submit")}, texts("basket.update"));
                html.leaf("a", {cls("button link"), href("/")}, texts("basket.to_shop"));
            });
        });
        write_summary(html, scene, view);
    });
}

Task<Response> show(const BuyingPages& shop, Scene scene, int status, Notice notice) {
    auto view = co_await shop.basket.view(scene.guest.owner());
    if (!view) co_return problem(store_unavailable());
    const PageHead head{.title = std::string{scene.texts("basket.title")}, .path = "/basket", .indexed = false};
    Response response =
        answer(shop, scene, status, head, [&](Html& html) { write_basket(html, scene, *view, notice); });
    shop.guests.show_units(response, view->units);
    co_return response;
}

std::string_view refused_text(const Texts& texts, FillBasket::Refusal refusal) {
    switch (refusal) {
        case FillBasket::Refusal::unknown_sku: return texts("basket.refused_unknown");
        case FillBasket::Refusal::not_for_sale: return texts("basket.not_for_sale");
        case FillBasket::Refusal::in_sale: return texts("basket.in_sale");
        case FillBasket::Refusal::full: return texts("basket.refused_full");
        case FillBasket::Refusal::bad_quantity: return texts("basket.refused_quantity");
    }
    return {};
}

Task<Response> get_basket(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    co_return co_await show(shop, std::move(*scene), 200, Notice{});
}

/// What a change of the basket ends in: the basket again, or why nothing changed.
Task<Response> changed(const BuyingPages& shop, Scene scene,
                       Result<Result<domain::Basket, FillBasket::Refusal>, FillBasket::Error> done) {
    if (!done) co_return problem(store_unavailable());
    if (!*done) {
        const Notice notice{"bad", refused_text(scene.texts, done->error()), {}};
        co_return co_await show(shop, std::move(scene), 409, notice);
    }
    Response response = see_other("/basket");
    shop.guests.remember(response, scene.guest);
    shop.guests.show_units(response, domain::units_in(**done));
    co_return response;
}

Task<Response> old_form(const BuyingPages& shop, Scene scene) {
    const Notice notice{"bad", scene.texts("checkout.form_old"), {}};
    co_return co_await show(shop, std::move(scene), 403, notice);
}

/// POST /basket: from a product's page.
Task<Response> post_basket(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, true)) co_return co_await old_form(shop, std::move(*scene));
    domain::SkuCode sku{form.text("sku")};
    const std::int64_t quantity = form.has("quantity") ? form.number("quantity").value_or(0) : 1;
    auto done = co_await shop.basket.add(scene->guest.owner(), std::move(sku), quantity);
    co_return co_await changed(shop, std::move(*scene), std::move(done));
}

/// POST /basket/lines: all quantities, or one line taken out.
Task<Response> post_lines(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, false)) co_return co_await old_form(shop, std::move(*scene));
    std::vector<FillBasket::Quantity> quantities;
    if (form.has("remove")) {
        quantities.push_back({domain::SkuCode{form.text("remove")}, 0});
    } else {
        const auto skus = form.all("sku");
        const auto numbers = form.all("quantity");
        for (std::size_t i = 0; i < skus.size() && i < numbers.size() && i < domain::kBasketLinesMax; ++i)
            quantities.push_back({domain::SkuCode{skus[i]}, parse_number(numbers[i]).value_or(-1)});
    }
    auto done = co_await shop.basket.set(scene->guest.owner(), std::move(quantities));
    co_return co_await changed(shop, std::move(*scene), std::move(done));
}

/// POST /basket/prices: today's prices have been seen.
Task<Response> post_prices(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, false);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, false)) co_return co_await old_form(shop, std::move(*scene));
    auto done = co_await shop.basket.accept_prices(scene->guest.owner());
    if (!done) co_return problem(store_unavailable());
    co_return see_other("/basket");
}

}  // namespace

std::vector<Route> basket_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/basket", "basketPage", "The basket", get_basket));
    routes.push_back(buying_route(shop, Method::post, "/basket", "addToBasketPage", "Into the basket", post_basket));
    routes.push_back(
        buying_route(shop, Method::post, "/basket/lines", "changeBasketPage", "Change the basket", post_lines));
    routes.push_back(
        buying_route(shop, Method::post, "/basket/prices", "acceptPricesPage", "Accept today's prices", post_prices));
    return routes;
}

}  // namespace marketday::http::pages
