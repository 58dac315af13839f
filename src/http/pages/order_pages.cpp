// /orders and /orders/{order}: what one has ordered, and what can be done about it.
#include <algorithm>

#include "base/text.hpp"
#include "http/pages/buying.hpp"
#include "http/pages/shop_pages.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http::pages {
namespace {

using domain::Order;
using domain::OrderState;
using Products = std::vector<domain::Product>;

constexpr std::size_t kOrdersAPage = 20;
constexpr std::size_t kProductsMax = 100;

std::optional<domain::Product> product_of(const Products& products, const domain::SkuCode& sku) {
    const auto found = std::ranges::find(products, sku, &domain::Product::sku);
    return found == products.end() ? std::nullopt : std::optional{*found};
}

std::string name_of(const Products& products, const domain::SkuCode& sku, const Texts& texts) {
    const auto product = product_of(products, sku);
    return product ? product->name_in(texts.language()) : sku;
}

Task<Products> products_of(const BuyingPages& shop, const std::vector<Order>& orders) {
    std::vector<domain::SkuCode> skus;
    for (const auto& order : orders)
        for (const auto& line : order.lines)
            if (skus.size() < kProductsMax && std::ranges::find(skus, line.sku) == skus.end()) skus.push_back(line.sku);
    auto products = co_await shop.browse.products(std::move(skus));
    co_return products ? std::move(*products) : Products{};
}

// --- My orders ---

void write_order_line(Html& html, const BuyingPages& shop, const Texts& texts, const Order& order,
                      const Products& products) {
    html.in("li", {cls("line")}, [&] {
        write_picture(html,
                      {.url = small_picture(product_of(products, order.lines.front().sku)), .alt = "", .size = 96});
        html.in("div", {cls("what")}, [&] {
            const std::string first = name_of(products, order.lines.front().sku, texts);
            html.leaf(
                "a", {href(order_path(order.id))},
                order.lines.size() == 1
                    ? first
                    : texts("orders.and_more",
                            {{"name", first}, {"n", grouped(static_cast<std::int64_t>(order.lines.size()) - 1)}}));
            html.in("p", {cls("small muted")}, [&] {
                write_time(html, shop.site, texts.language(), order.placed_at);
                html.text(" · ");
                html.leaf("span", {cls("order-number")}, order_number(order.id));
            });
            html.leaf("span", {cls(state_badge(order.state))}, state_text(texts, order.state));
        });
        html.leaf("span", {cls("price")}, shown_money(order.total, texts.language()));
    });
}

/// GET /orders?cursor=
Task<Response> get_orders(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    ports::OrderBook::OrderQuery query;
    query.customer = scene->guest.session->customer;
    query.orders_max = kOrdersAPage + 1;
    query.freshness = own_writes(shop.positions, request);
    if (const auto cursor = request.query_param("cursor")) query.before = OrderId::parse(*cursor);
    auto orders = co_await shop.order_book.list(query);
    if (!orders) co_return problem(store_unavailable());
    const bool more = orders->size() > kOrdersAPage;
    if (more) orders->resize(kOrdersAPage);
    const Products products = co_await products_of(shop, *orders);
    const Texts& texts = scene->texts;
    const PageHead head{.title = std::string{texts("orders.title")}, .path = "/orders", .indexed = false};
    co_return answer(shop, *scene, 200, head, [&](Html& html) {
        html.leaf("h1", {}, texts("orders.title"));
        if (orders->empty()) {
            html.in("div", {cls("empty")}, [&] {
                html.leaf("p", {cls("lead")}, texts("orders.empty"));
                html.in("p", {}, [&] { html.leaf("a", {cls("button"), href("/")}, texts("basket.to_shop")); });
            });
            return;
        }
        html.in("ul", {cls("lines")}, [&] {
            for (const auto& order : *orders) write_order_line(html, shop, texts, order, products);
        });
        if (more)
            html.in("p", {}, [&] {
                html.leaf(
                    "a",
                    {cls("button quiet"), href(with_query("/orders", {{"cursor", orders->back().id.to_string()}}))},
                    texts("orders.more"));
            });
    });
}

// --- One order ---

/// What the address says has just been done.
Notice notice_of(const Texts& texts, std::string_view said) {
    if (said == "thanks") return {"good", texts("order.thanks"), texts("order.thanks_hint")};
    if (said == "cancelled") return {"good", texts("order.done_cancel"), {}};
    if (said == "returned") return {"good", texts("order.done_return"), {}};
    if (said == "money-back") return {"warn", texts("pay.money_back"), {}};
    if (said == "wrong-state") return {"warn", texts("order.wrong_state"), {}};
    if (said == "busy") return {"warn", texts("checkout.busy"), texts("account.busy")};
    return {};
}

void write_goods(Html& html, const Texts& texts, const Order& order, const Products& products) {
    html.leaf("h2", {}, texts("order.goods"));
    html.in("ul", {cls("lines")}, [&] {
        for (const auto& line : order.lines) {
            const auto product = product_of(products, line.sku);
            html.in("li", {cls("line")}, [&] {
                write_picture(html, {.url = small_picture(product), .alt = "", .size = 96});
                html.in("span", {cls("what")}, [&] {
                    if (product)
                        html.leaf("a", {href(product_path(line.sku))}, product->name_in(texts.language()));
                    else
                        html.text(line.sku);
                    html.leaf("span", {cls("muted nowrap")},
                              " " + texts("order.times", {{"n", grouped(line.quantity)}}));
                });
                html.leaf("span", {cls("price")},
                          shown_money({line.unit_price_minor * line.quantity, order.total.currency}, texts.language()));
            });
        }
    });
}

void write_act(Html& html, const Scene& scene, const Order& order, std::string_view act, TextId label, TextId hint,
               std::string_view classes) {
    html.in("form", {cls("stack"), action(order_path(order.id) + "/" + std::string{act}), attr("method", "post")}, [&] {
        write_hidden(html, "csrf_token", scene.csrf_token());
        html.leaf("button", {cls(classes), attr("type", "submit")}, scene.texts(label));
        html.leaf("p", {cls("small muted")}, scene.texts(hint));
    });
}

/// What can be done in the state that it is in.
void write_acts(Html& html, const BuyingPages& shop, const Scene& scene, const Order& order) {
    const Texts& texts = scene.texts;
    switch (order.state) {
        case OrderState::reserved:
            if (order.hold_until > shop.clock.wall_now())
                html.leaf("a", {cls("button wide large"), href(order_path(order.id) + "/pay")}, texts("order.pay_now"));
            write_act(html, scene, order, "cancel", "order.cancel", "order.cancel_hint", "button quiet wide");
            return;
        case OrderState::paying:
            html.leaf("p", {}, texts("pay.waiting"));
            html.leaf("a", {cls("button quiet wide"), href(order_path(order.id) + "/pay")}, texts("pay.refresh"));
            return;
        case OrderState::paid:
        case OrderState::prepared: html.leaf("p", {cls("small muted")}, texts("order.return_later")); return;
        case OrderState::shipped:
        case OrderState::delivered:
            write_act(html, scene, order, "return", "order.return", "order.return_hint", "button quiet wide");
            return;
        case OrderState::expired: html.leaf("p", {cls("small muted")}, texts("pay.expired_hint")); return;
        case OrderState::returned:
        case OrderState::cancelled:
        case OrderState::refunded: return;
    }
}

void write_receipt(Html& html, const Texts& texts, const Order& order) {
    html.in("section", {cls("panel stack")}, [&] {
        html.leaf("h2", {}, texts("order.receipt"));
        html.leaf("p", {cls("small")}, texts("order.receipt_hint"));
        html.in("dl", {cls("facts small")}, [&] {
            html.leaf("dt", {}, texts("order.sequence"));
            html.leaf("dd", {}, std::to_string(order.receipt.sequence));
            html.leaf("dt", {}, texts("order.hash"));
            html.in("dd", {}, [&] { html.leaf("code", {cls("hash")}, to_hex(order.receipt.hash)); });
        });
    });
}

/// "Order 0F3-…", with the number on one line.
void write_order_title(Html& html, const Texts& texts, OrderId order) {
    const std::string number = order_number(order);
    const std::string title = texts("order.title", {{"number", number}});
    const std::size_t at = title.find(number);
    html.in("h1", {cls("order-title")}, [&] {
        html.text(std::string_view{title}.substr(0, at));
        html.leaf("span", {cls("order-number")}, number);
        html.text(std::string_view{title}.substr(at + number.size()));
    });
}

void write_order(Html& html, const BuyingPages& shop, const Scene& scene, const Order& order, const Products& products,
                 const Notice& notice) {
    const Texts& texts = scene.texts;
    if (notice.kind == "good") write_steps(html, texts, 3);
    write_order_title(html, texts, order.id);
    if (!notice.title.empty()) write_notice(html, notice);
    html.in("div", {cls("split")}, [&] {
        html.in("div", {cls("stack")}, [&] {
            html.in("p", {}, [&] {
                html.leaf("span", {cls(state_badge(order.state))}, state_text(texts, order.state));
                html.text(" ");
                html.in("span", {cls("muted")},
                        [&] { write_time(html, shop.site, texts.language(), order.placed_at); });
            });
            write_goods(html, texts, order, products);
            html.leaf("h2", {}, texts("order.address"));
            html.in("address", {}, [&] {
                const auto& to = order.address;
                html.leaf("strong", {}, to.recipient);
                for (const std::string* part : {&to.line1, &to.line2}) {
                    if (part->empty()) continue;
                    html.empty("br");
                    html.text(*part);
                }
                html.empty("br");
                html.text(to.postal_code + " " + to.city + ", " + to.country);
            });
            if (!order.tracking.empty())
                html.in("dl", {cls("facts")}, [&] {
                    html.leaf("dt", {}, texts("order.tracking"));
                    html.leaf("dd", {}, order.tracking);
                });
            write_receipt(html, texts, order);
        });
        html.in("aside", {cls("panel stack")}, [&] {
            write_sums(html, texts, {order.total.amount_minor - order.shipping.amount_minor, order.total.currency},
                       order.shipping, order.total);
            write_acts(html, shop, scene, order);
            html.in("p", {}, [&] { html.leaf("a", {href("/orders")}, texts("order.all")); });
        });
    });
}

Task<Result<Order, Response>> own_order(const BuyingPages& shop, const Request& request, const Scene& scene) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return fail(problem(not_found("order")));
    auto found = co_await shop.order_book.find(*id, own_writes(shop.positions, request));
    if (!found) co_return fail(problem(store_unavailable()));
    if (!*found || (*found)->customer != scene.guest.session->customer) co_return fail(problem(not_found("order")));
    co_return std::move(**found);
}

Task<Response> show(const BuyingPages& shop, Scene scene, Order order, int status, Notice notice) {
    const std::vector<Order> one{order};
    const Products products = co_await products_of(shop, one);
    const PageHead head{.title = scene.texts("order.title", {{"number", order_number(order.id)}}),
                        .path = order_path(order.id),
                        .indexed = false};
    Response response =
        answer(shop, scene, status, head, [&](Html& html) { write_order(html, shop, scene, order, products, notice); });
    if (order.state == OrderState::paying) response.headers.emplace_back("Refresh", "3");
    co_return response;
}

/// GET /orders/{order}?said=
Task<Response> get_order(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    auto order = co_await own_order(shop, request, *scene);
    if (!order) co_return order.error();
    const std::string said = request.query_param("said").value_or("");
    // Thanks are for what has been paid, whatever an address says.
    const bool thanked = said != "thanks" || order->captured_at.has_value();
    const Notice notice = thanked ? notice_of(scene->texts, said) : Notice{};
    co_return co_await show(shop, std::move(*scene), std::move(*order), 200, notice);
}

std::string_view said_of(usecases::Fulfil::Refusal refusal) {
    switch (refusal) {
        case usecases::Fulfil::Refusal::not_found:
        case usecases::Fulfil::Refusal::wrong_state:
        case usecases::Fulfil::Refusal::refund_due: return "wrong-state";
        case usecases::Fulfil::Refusal::unavailable:
        case usecases::Fulfil::Refusal::outcome_unknown: return "busy";
    }
    return "";
}

Task<Response> act(const BuyingPages& shop, const Request& request, bool cancels) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    auto order = co_await own_order(shop, request, *scene);
    if (!order) co_return order.error();
    const Form form = Form::parse(request.body);
    if (!Guests::is_own_form(request, form, scene->guest, false)) {
        const Notice notice{"bad", scene->texts("checkout.form_old"), {}};
        co_return co_await show(shop, std::move(*scene), std::move(*order), 403, notice);
    }
    const CustomerId customer = scene->guest.session->customer;
    const OrderId id = order->id;
    auto done = cancels ? shop.fulfil.cancel(id, customer) : shop.fulfil.give_back(id, customer);
    const auto became = co_await std::move(done);
    const std::string_view said = !became ? said_of(became.error()) : cancels ? "cancelled" : "returned";
    co_return see_other(with_query(order_path(id), {{"said", said}}));
}

Task<Response> post_cancel(const BuyingPages& shop, const Request& request) { return act(shop, request, true); }
Task<Response> post_return(const BuyingPages& shop, const Request& request) { return act(shop, request, false); }

}  // namespace

std::vector<Route> order_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/orders", "ordersPage", "My orders", get_orders));
    routes.push_back(buying_route(shop, Method::get, "/orders/{order}", "orderDetailPage", "One order", get_order));
    routes.push_back(
        buying_route(shop, Method::post, "/orders/{order}/cancel", "cancelPage", "Cancel an order", post_cancel));
    routes.push_back(
        buying_route(shop, Method::post, "/orders/{order}/return", "returnPage", "Send an order back", post_return));
    return routes;
}

}  // namespace marketday::http::pages
