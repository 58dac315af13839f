// /orders/{order}/pay: paying, waiting for the bank, and what it said.
#include "http/pages/buying.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http::pages {
namespace {

using domain::OrderState;
using usecases::Pay;

struct Way {
    std::string_view token;
    TextId label;
};
/// The cards of the practice bank.
constexpr Way kWays[] = {
    {"tok_ok", "pay.ok"}, {"tok_decline", "pay.decline"}, {"tok_slow", "pay.slow"}, {"tok_silent", "pay.silent"}};
constexpr std::string_view kLookAgainSeconds = "3";

void write_hold(Html& html, const BuyingPages& shop, const Texts& texts, const domain::Order& order) {
    const WallTime now = shop.clock.wall_now();
    const auto left = std::max(seconds{0}, std::chrono::duration_cast<seconds>(order.hold_until - now));
    html.in("p", {}, [&] {
        html.in("time", {attr("datetime", machine_time(order.hold_until))}, [&] {
            html.text(
                texts("pay.hold", {{"time", shown_time(order.hold_until, shop.site.utc_offset, texts.language())}}));
        });
        html.text(" ");
        html.leaf(
            "strong",
            {cls("nowrap"), attr("data-hold", machine_time(order.hold_until)), attr("data-now", machine_time(now)),
             attr("data-left", texts("pay.hold_left", {{"left", "{left}"}}))},
            texts("pay.hold_left", {{"left", shown_hold(left)}}));
    });
}

void write_form(Html& html, const BuyingPages& shop, const Scene& scene, const domain::Order& order,
                const Notice& notice) {
    const Texts& texts = scene.texts;
    write_steps(html, texts, 2);
    html.in("div", {cls("narrow stack")}, [&] {
        html.leaf("h1", {}, texts("pay.title"));
        if (!notice.title.empty()) write_notice(html, notice);
        html.leaf("p", {cls("muted")}, texts("pay.order", {{"number", order_number(order.id)}}));
        html.in("dl", {cls("facts")}, [&] {
            html.in("dt", {}, [&] { html.leaf("strong", {}, texts("pay.amount")); });
            html.leaf("dd", {cls("sum")}, shown_money(order.total, texts.language()));
        });
        write_hold(html, shop, texts, order);
        html.in("form", {cls("stack"), action(order_path(order.id) + "/pay"), attr("method", "post")}, [&] {
            write_hidden(html, "csrf_token", scene.csrf_token());
            write_hidden(html, "key", shop.guests.new_key());
            html.in("fieldset", {cls("stack")}, [&] {
                html.in("legend", {}, [&] { html.leaf("strong", {}, texts("pay.method")); });
                bool first = true;
                for (const auto& way : kWays) {
                    html.in("label", {cls("choice")}, [&] {
                        html.empty("input", {attr("type", "radio"), attr("name", "token"), attr("value", way.token),
                                             flag("checked", first)});
                        html.leaf("span", {}, texts(way.label));
                    });
                    first = false;
                }
            });
            html.leaf("button", {cls("button wide large"), attr("type", "submit")},
                      texts("pay.button", {{"amount", shown_money(order.total, texts.language())}}));
            html.leaf("p", {cls("small muted")}, texts("pay.sandbox"));
        });
        html.in("p", {}, [&] {
            html.leaf("a", {href(order_path(order.id))}, texts("order.title", {{"number", order_number(order.id)}}));
        });
    });
}

void write_waiting(Html& html, const Scene& scene, const domain::Order& order) {
    const Texts& texts = scene.texts;
    write_steps(html, texts, 2);
    html.in("div", {cls("narrow empty"), attr("role", "status")}, [&] {
        html.leaf("h1", {}, texts("pay.waiting"));
        html.leaf("p", {cls("lead")}, texts("pay.waiting_hint"));
        html.in("p", {cls("actions center")}, [&] {
            html.leaf("a", {cls("button quiet"), href(order_path(order.id) + "/pay")}, texts("pay.refresh"));
            html.leaf("a", {cls("button link"), href("/orders")}, texts("orders.title"));
        });
    });
}

void write_expired(Html& html, const Scene& scene, const domain::Order& order) {
    const Texts& texts = scene.texts;
    html.in("div", {cls("narrow empty")}, [&] {
        html.leaf("h1", {}, texts("pay.expired"));
        html.leaf("p", {cls("lead")}, texts("pay.expired_hint"));
        html.in("p", {cls("actions center")}, [&] {
            html.leaf("a", {cls("button"), href("/")}, texts("basket.to_shop"));
            html.leaf("a", {cls("button quiet"), href(order_path(order.id))},
                      texts("order.title", {{"number", order_number(order.id)}}));
        });
    });
}

/// The page of the state that the order is in; one that is past paying leads to the order.
Response show(const BuyingPages& shop, const Scene& scene, const domain::Order& order, int status,
              const Notice& notice) {
    const PageHead head{.title = std::string{scene.texts("pay.title")},
                        .path = order_path(order.id) + "/pay",
                        .indexed = false,
                        .scripts = {"pay.js"},
                        .plain = true};
    // The job that ends holds comes a moment later than the clock.
    const bool lapsed = order.state == OrderState::reserved && order.hold_until <= shop.clock.wall_now();
    if (order.state == OrderState::expired || lapsed)
        return answer(shop, scene, 409, head, [&](Html& html) { write_expired(html, scene, order); });
    if (order.state == OrderState::reserved)
        return answer(shop, scene, status, head, [&](Html& html) { write_form(html, shop, scene, order, notice); });
    if (order.state == OrderState::paying) {
        Response response = answer(shop, scene, 200, head, [&](Html& html) { write_waiting(html, scene, order); });
        response.headers.emplace_back("Refresh", kLookAgainSeconds);
        return response;
    }
    const bool thanks = order.state == OrderState::paid;
    return see_other(order_path(order.id) + (thanks ? "?said=thanks" : ""));
}

Task<Result<domain::Order, Response>> own_order(const BuyingPages& shop, const Request& request, const Scene& scene) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return fail(problem(not_found("order")));
    auto found = co_await shop.order_book.find(*id, own_writes(shop.positions, request));
    if (!found) co_return fail(problem(store_unavailable()));
    if (!*found || (*found)->customer != scene.guest.session->customer) co_return fail(problem(not_found("order")));
    co_return std::move(**found);
}

Task<Response> get_pay(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    auto order = co_await own_order(shop, request, *scene);
    if (!order) co_return order.error();
    Notice notice;
    const std::string said = request.query_param("said").value_or("");
    if (said == "declined") notice = {"bad", scene->texts("pay.declined"), scene->texts("pay.declined_hint")};
    if (said == "busy") notice = {"warn", scene->texts("checkout.busy"), scene->texts("account.busy")};
    co_return show(shop, *scene, *order, 200, notice);
}

std::string after(OrderId order, Result<Pay::Outcome, Pay::Refusal> outcome) {
    const std::string path = order_path(order);
    if (outcome) return std::holds_alternative<Pay::Paid>(*outcome) ? path + "?said=thanks" : path + "/pay";
    switch (outcome.error()) {
        case Pay::Refusal::declined: return path + "/pay?said=declined";
        case Pay::Refusal::money_goes_back: return path + "?said=money-back";
        case Pay::Refusal::busy:
        case Pay::Refusal::unavailable: return path + "/pay?said=busy";
        case Pay::Refusal::not_found:
        case Pay::Refusal::wrong_state:
        case Pay::Refusal::in_flight:
        case Pay::Refusal::key_reused:
        case Pay::Refusal::outcome_unknown: return path + "/pay";  // It shows what the order has come to.
    }
    return path;
}

bool is_visible_ascii(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

/// POST /orders/{order}/pay: always 303, to what the bank's answer has made of the order.
Task<Response> post_pay(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    auto order = co_await own_order(shop, request, *scene);
    if (!order) co_return order.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, false))
        co_return show(shop, *scene, *order, 403, {"bad", scene->texts("checkout.form_old"), {}});
    if (!is_visible_ascii(form.text("key")) || !is_visible_ascii(form.text("token")))
        co_return see_other(order_path(order->id) + "/pay");
    Pay::Command command{.customer = scene->guest.session->customer,
                         .order = order->id,
                         .key = domain::IdempotencyKey{form.text("key")},
                         .token = std::string{form.text("token")},
                         .deadline = request.deadline};
    auto outcome = co_await shop.pay.pay(std::move(command));
    co_return see_other(after(order->id, std::move(outcome)));
}

}  // namespace

std::vector<Route> payment_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/orders/{order}/pay", "payPage", "Pay an order", get_pay));
    routes.push_back(buying_route(shop, Method::post, "/orders/{order}/pay", "paidPage", "Pay an order", post_pay));
    return routes;
}

}  // namespace marketday::http::pages
