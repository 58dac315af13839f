// /checkout: where to, how much, and the order.
#include <algorithm>
#include <array>

#include "base/assert.hpp"
#include "http/pages/buying.hpp"
#include "http/pages/shop_pages.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using usecases::Checkout;
using usecases::FillBasket;

/// One field of the address: where it is kept, and what is asked of it.
struct AddressField {
    std::string_view name;
    std::string domain::DeliveryAddress::* member;
    TextId label;
    std::string_view autocomplete;
    std::size_t bytes_max;
    bool required;
};
constexpr AddressField kAddress[] = {
    {"recipient", &domain::DeliveryAddress::recipient, "checkout.recipient", "name", 100, true},
    {"postal_code", &domain::DeliveryAddress::postal_code, "checkout.postal_code", "postal-code", 20, true},
    {"city", &domain::DeliveryAddress::city, "checkout.city", "address-level2", 100, true},
    {"line1", &domain::DeliveryAddress::line1, "checkout.line1", "address-line1", 200, true},
    {"line2", &domain::DeliveryAddress::line2, "checkout.line2", "address-line2", 200, false},
    {"phone", &domain::DeliveryAddress::phone, "checkout.phone", "tel", 30, false},
};
struct Country {
    std::string_view code;
    std::string_view ko;
    std::string_view ja;
    std::string_view en;
};
constexpr Country kCountries[] = {{"KR", "대한민국", "韓国", "South Korea"},
                                  {"JP", "일본", "日本", "Japan"},
                                  {"US", "미국", "アメリカ", "United States"}};

std::string_view country_name(const Country& country, domain::Language language) {
    switch (language) {
        case domain::Language::ko: return country.ko;
        case domain::Language::ja: return country.ja;
        case domain::Language::en: return country.en;
    }
    return country.en;
}

/// Everything that the page shows and its form sends back.
struct Draft {
    std::optional<SaleId> sale;
    bool sale_has_line = false;
    std::vector<domain::BasketLine> lines;  // of a sale; else the basket's
    domain::DeliveryAddress address;
    std::string key;
    Notice notice;
    std::vector<std::string> price_changes;
    std::array<std::string, std::size(kAddress)> errors;
    bool has_errors = false;
    bool to_line = false;  // the way on is the line
    bool blocked = false;  // ordering again makes no sense
    bool repeats = false;  // the button says "try again"
};

std::string hidden_line(const FillBasket::Line& line) {
    return line.wanted.sku + ' ' + std::to_string(line.wanted.quantity) + ' ' +
           std::to_string(line.unit_price.amount_minor);
}

void write_address(Html& html, const Scene& scene, const Draft& draft) {
    const Texts& texts = scene.texts;
    html.in("fieldset", {}, [&] {
        html.in("legend", {}, [&] { html.leaf("strong", {}, texts("checkout.address")); });
        html.in("div", {cls("fields")}, [&] {
            for (std::size_t i = 0; i < std::size(kAddress); ++i) {
                const AddressField& field = kAddress[i];
                const bool phone = field.name == "phone";
                write_field(html, {.name = field.name,
                                   .label = texts(field.label),
                                   .type = phone ? "tel" : "text",
                                   .value = draft.address.*field.member,
                                   .autocomplete = field.autocomplete,
                                   .hint = phone ? texts("checkout.phone_hint") : std::string_view{},
                                   .error = draft.errors[i],
                                   .characters_max = static_cast<std::int64_t>(field.bytes_max),
                                   .required = field.required,
                                   .whole_row = field.name.starts_with("line")});
            }
            html.in("div", {cls("field")}, [&] {
                html.leaf("label", {attr("for", "country")}, texts("checkout.country"));
                html.in("select", {id("country"), attr("name", "country"), attr("autocomplete", "country")}, [&] {
                    for (const auto& country : kCountries)
                        html.leaf(
                            "option",
                            {attr("value", country.code), flag("selected", draft.address.country == country.code)},
                            country_name(country, texts.language()));
                });
            });
        });
    });
}

void write_lines(Html& html, const Texts& texts, const FillBasket::View& view) {
    html.in("ul", {cls("lines")}, [&] {
        for (const auto& line : view.lines) {
            html.in("li", {cls("line")}, [&] {
                write_picture(html, {.url = small_picture(line.product), .alt = "", .size = 96});
                html.in("span", {cls("what")}, [&] {
                    html.text(line.product ? line.product->name_in(texts.language())
                                           : std::string{texts("basket.gone")});
                    html.leaf("span", {cls("muted nowrap")},
                              " " + texts("order.times", {{"n", grouped(line.wanted.quantity)}}));
                });
                html.leaf("span", {cls("price")}, shown_money(line.total(), texts.language()));
            });
        }
    });
}

void write_checkout(Html& html, const BuyingPages& shop, const Scene& scene, const FillBasket::View& view,
                    const Draft& draft) {
    const Texts& texts = scene.texts;
    write_steps(html, texts, 1);
    html.leaf("h1", {}, texts("checkout.title"));
    if (!draft.notice.title.empty()) {
        write_notice(html, draft.notice);
        if (!draft.price_changes.empty())
            html.in("ul", {}, [&] {
                for (const auto& change : draft.price_changes) html.leaf("li", {}, change);
            });
        if (draft.to_line && draft.sale)
            html.in("p", {}, [&] {
                html.leaf("a", {cls("button"), href("/line/" + draft.sale->to_string())}, texts("checkout.to_line"));
            });
    }
    html.in("form", {action("/checkout"), attr("method", "post")}, [&] {
        write_hidden(html, "csrf_token", scene.csrf_token());
        write_hidden(html, "key", draft.key);
        if (draft.sale) write_hidden(html, "sale", draft.sale->to_string());
        for (const auto& line : view.lines) write_hidden(html, "line", hidden_line(line));
        html.in("div", {cls("split")}, [&] {
            html.in("div", {cls("stack")}, [&] { write_address(html, scene, draft); });
            html.in("aside", {cls("panel stack")}, [&] {
                html.leaf("h2", {}, texts("checkout.summary"));
                write_lines(html, texts, view);
                write_sums(html, texts, view.goods, view.shipping, view.total);
                const bool changed = !draft.price_changes.empty();
                if (!draft.blocked)
                    html.leaf("button", {cls("button wide large"), attr("type", "submit")},
                              changed         ? texts("checkout.accept_price")
                              : draft.repeats ? texts("checkout.again")
                                              : texts("checkout.place"));
                html.leaf("p", {cls("small muted")},
                          texts("checkout.hold_hint", {{"n", std::to_string(shop.hold.count() / 60)}}));
                html.leaf("p", {cls("small muted")}, texts("checkout.key_hint"));
            });
        });
    });
}

void write_nothing(Html& html, const Texts& texts) {
    html.in("div", {cls("narrow empty")}, [&] {
        html.leaf("h1", {}, texts("checkout.nothing"));
        html.in("p", {cls("actions center")}, [&] {
            html.leaf("a", {cls("button"), href("/")}, texts("basket.to_shop"));
            html.leaf("a", {cls("button quiet"), href("/orders")}, texts("orders.title"));
        });
    });
}

void write_unverified(Html& html, const Texts& texts) {
    html.in("div", {cls("narrow stack")}, [&] {
        html.leaf("h1", {}, texts("checkout.unverified"));
        html.leaf("p", {}, texts("checkout.unverified_hint"));
        html.in("p", {cls("actions")}, [&] {
            html.leaf("a", {cls("button quiet"), href("/reset")}, texts("account.reset_title"));
            html.leaf("a", {cls("button link"), href("/basket")}, texts("basket.title"));
        });
    });
}

/// The goods of the draft as they are now.
Task<Result<FillBasket::View, FillBasket::Error>> goods_of(const BuyingPages& shop, const Scene& scene,
                                                           const Draft& draft) {
    if (!draft.sale) co_return co_await shop.basket.view(scene.guest.owner());
    const domain::Sale* sale = shop.board.find(*draft.sale);
    if (sale == nullptr) co_return FillBasket::View{};
    std::vector<domain::BasketLine> lines = draft.lines;
    co_return co_await shop.basket.view_of(std::move(lines), sale);
}

Task<Response> show(const BuyingPages& shop, Scene scene, int status, Draft draft) {
    auto view = co_await goods_of(shop, scene, draft);
    if (!view) co_return problem(store_unavailable());
    const PageHead head{
        .title = std::string{scene.texts("checkout.title")}, .path = "/checkout", .indexed = false, .plain = true};
    if (view->lines.empty())
        co_return answer(shop, scene, 200, head, [&](Html& html) { write_nothing(html, scene.texts); });
    if (!scene.guest.session->verified)
        co_return answer(shop, scene, 403, head, [&](Html& html) { write_unverified(html, scene.texts); });
    // What cannot be ordered from a basket is mended there.
    if (!draft.sale && !view->can_be_ordered() && draft.notice.title.empty()) co_return see_other("/basket");
    if (draft.key.empty()) draft.key = shop.guests.new_key();
    co_return answer(shop, scene, status, head, [&](Html& html) { write_checkout(html, shop, scene, *view, draft); });
}

/// Where the last order went, to begin with.
Task<domain::DeliveryAddress> last_address(const BuyingPages& shop, CustomerId customer) {
    domain::DeliveryAddress address;
    address.country = "KR";
    ports::OrderBook::OrderQuery query;
    query.customer = customer;
    query.orders_max = 1;
    auto orders = co_await shop.order_book.list(query);
    if (orders && !orders->empty()) address = orders->front().address;
    co_return address;
}

/// GET /checkout and /checkout?sale=&sku=&quantity=
Task<Response> get_checkout(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    Draft draft;
    if (const auto sale = request.query_param("sale")) {
        draft.sale = SaleId::parse(*sale);
        const domain::Sale* known = draft.sale ? shop.board.find(*draft.sale) : nullptr;
        if (known == nullptr) co_return problem(not_found("sale"));
        const std::string sku = request.query_param("sku").value_or(known->items.front().sku);
        const auto item = std::ranges::find(known->items, sku, &domain::SaleItem::sku);
        if (item == known->items.end()) co_return problem(not_found("product"));
        const std::int64_t wanted = parse_number(request.query_param("quantity").value_or("1")).value_or(1);
        draft.lines.push_back(
            {item->sku, std::clamp<std::int64_t>(wanted, 1, item->limit_per_customer), item->price.amount_minor});
    }
    draft.address = co_await last_address(shop, scene->guest.session->customer);
    co_return co_await show(shop, std::move(*scene), 200, std::move(draft));
}

void read_address(const Form& form, const Texts& texts, Draft& draft) {
    for (std::size_t i = 0; i < std::size(kAddress); ++i) {
        const AddressField& field = kAddress[i];
        std::string& value = draft.address.*field.member;
        value = form.text(field.name);
        if (field.required && value.find_first_not_of(" \t\r\n") == std::string::npos)
            draft.errors[i] = texts("checkout.required");
        else if (value.size() > field.bytes_max)
            draft.errors[i] = texts("checkout.too_long");
        draft.has_errors = draft.has_errors || !draft.errors[i].empty();
    }
    draft.address.country = "KR";
    for (const auto& country : kCountries)
        if (form.text("country") == country.code) draft.address.country = country.code;
}

/// "sku quantity price": the goods as the page showed them.
std::vector<domain::OrderLine> read_lines(const Form& form) {
    std::vector<domain::OrderLine> lines;
    for (const auto text : form.all("line")) {
        const std::size_t first = text.find(' ');
        const std::size_t second = text.find(' ', first == std::string_view::npos ? first : first + 1);
        if (second == std::string_view::npos || lines.size() == domain::kOrderLinesMax) return {};
        const auto quantity = parse_number(text.substr(first + 1, second - first - 1));
        const auto price = parse_number(text.substr(second + 1));
        domain::OrderLine line;
        line.sku = text.substr(0, first);
        if (!quantity || !price || *quantity < 1 || *quantity > 10'000 || !domain::is_sku_code(line.sku)) return {};
        if (std::ranges::find(lines, line.sku, &domain::OrderLine::sku) != lines.end()) return {};
        line.quantity = *quantity;
        line.unit_price_minor = *price;
        lines.push_back(std::move(line));
    }
    return lines;
}

/// What a refusal says, and whether the same order makes sense again.
void explain(const Texts& texts, domain::Refusal refusal, Draft& draft) {
    using enum domain::Refusal;
    switch (refusal) {
        case sold_out:
            draft.notice = {"bad", texts("checkout.sold_out"), texts("checkout.sold_out_hint")};
            draft.blocked = true;
            return;
        case all_held:
        case not_here: draft.notice = {"warn", texts("checkout.all_held"), texts("checkout.all_held_hint")}; break;
        case limit_reached: draft.notice = {"bad", texts("checkout.limit"), texts("checkout.limit_hint")}; break;
        case price_changed:
            draft.notice = {"warn", texts("checkout.price_changed"), texts("checkout.price_changed_hint")};
            return;
        case unknown_sku:
        case not_for_sale:
        case wrong_currency:
            draft.notice = {"bad", texts("checkout.not_for_sale"), texts("checkout.not_for_sale_hint")};
            draft.blocked = true;
            return;
        case sale_not_open:
            draft.notice = {"bad", texts("checkout.sale_not_open"), texts("checkout.sale_not_open_hint")};
            break;
        case key_reused: draft.notice = {"warn", texts("checkout.form_old"), {}}; break;
    }
    draft.repeats = true;
}

/// Keeps the key: nothing was decided under it.
void explain(const Texts& texts, Checkout::Error error, Draft& draft) {
    draft.repeats = true;
    switch (error) {
        case Checkout::Error::unverified: return;  // The page itself says so.
        case Checkout::Error::not_admitted:
            draft.notice = {"bad", texts("checkout.not_admitted"), texts("checkout.not_admitted_hint")};
            draft.to_line = true;
            return;
        case Checkout::Error::in_flight:
        case Checkout::Error::outcome_unknown:
            draft.notice = {"warn", texts("checkout.unknown"), texts("checkout.unknown_hint")};
            return;
        case Checkout::Error::busy:
        case Checkout::Error::unavailable:
            draft.notice = {"warn", texts("checkout.busy"), texts("checkout.busy_hint")};
            return;
    }
}

int status_of(Checkout::Error error) {
    switch (error) {
        case Checkout::Error::unverified:
        case Checkout::Error::not_admitted: return 403;
        case Checkout::Error::in_flight: return 409;
        case Checkout::Error::busy:
        case Checkout::Error::unavailable:
        case Checkout::Error::outcome_unknown: return 503;
    }
    return 503;
}

/// Old and new price of what the form showed at another one.
Task<std::vector<std::string>> price_changes(const BuyingPages& shop, const Scene& scene, const Draft& draft,
                                             std::vector<domain::OrderLine> ordered) {
    std::vector<std::string> changes;
    auto view = co_await goods_of(shop, scene, draft);
    if (!view) co_return changes;
    for (const auto& line : view->lines) {
        const auto shown = std::ranges::find(ordered, line.wanted.sku, &domain::OrderLine::sku);
        if (shown == ordered.end() || !line.counts() || shown->unit_price_minor == line.unit_price.amount_minor)
            continue;
        const std::string name = line.product->name_in(scene.texts.language());
        changes.push_back(scene.texts(
            "checkout.price_from_to",
            {{"name", name},
             {"old", shown_money({shown->unit_price_minor, line.unit_price.currency}, scene.texts.language())},
             {"new", shown_money(line.unit_price, scene.texts.language())}}));
    }
    co_return changes;
}

Task<Response> refused(const BuyingPages& shop, Scene scene, Draft draft, domain::Refusal refusal,
                       std::vector<domain::OrderLine> ordered) {
    draft.key.clear();  // The refusal is kept with it; the next press is another intent.
    explain(scene.texts, refusal, draft);
    if (refusal == domain::Refusal::price_changed)
        draft.price_changes = co_await price_changes(shop, scene, draft, std::move(ordered));
    co_return co_await show(shop, std::move(scene), 409, std::move(draft));
}

Checkout::Command command_of(const BuyingPages& shop, const Request& request, const Scene& scene, const Draft& draft,
                             std::vector<domain::OrderLine> lines) {
    Checkout::Command command;
    command.customer = scene.guest.session->customer;
    command.verified = scene.guest.session->verified;
    command.key = draft.key;
    command.sale = draft.sale;
    if (draft.sale) command.admission = request.cookie("md_admission_" + draft.sale->to_string());
    command.currency = shop.currency;
    command.lines = std::move(lines);
    command.address = draft.address;
    command.deadline = request.deadline;
    return command;
}

bool is_key(std::string_view key) {
    return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
}

/// What was ordered leaves the basket, and the shop's rankings hear of it.
Task<Response> granted(const BuyingPages& shop, Scene scene, Draft draft, OrderId order, bool repeated,
                       std::vector<domain::OrderLine> ordered) {
    if (!repeated && shop.ordered)
        for (const auto& line : ordered) shop.ordered(line.sku, scene.guest.session->customer);
    Response response = see_other(order_path(order) + "/pay");
    if (!draft.sale && !repeated) {
        auto left = co_await shop.basket.take_ordered(scene.guest.owner(), std::move(ordered));
        if (left) shop.guests.show_units(response, domain::units_in(*left));
    }
    co_return response;
}

/// POST /checkout: 303 to the payment, or the page again with what to do.
Task<Response> post_checkout(const BuyingPages& shop, const Request& request) {
    auto scene = co_await enter(shop, request, true);
    if (!scene) co_return scene.error();
    const Form form = Form::parse(request.body);
    Draft draft;
    draft.sale = SaleId::parse(form.text("sale"));
    draft.key = form.text("key");
    read_address(form, scene->texts, draft);
    std::vector<domain::OrderLine> lines = read_lines(form);
    for (const auto& line : lines) draft.lines.push_back({line.sku, line.quantity, line.unit_price_minor});
    if (!Guests::is_own_form(request, form, scene->guest, false)) {
        draft.notice = {"bad", scene->texts("checkout.form_old"), {}};
        co_return co_await show(shop, std::move(*scene), 403, std::move(draft));
    }
    if (lines.empty() || !is_key(draft.key)) co_return see_other(draft.sale ? "/" : "/checkout");
    if (draft.has_errors) {
        draft.notice = {"bad", scene->texts("checkout.check_fields"), {}};
        co_return co_await show(shop, std::move(*scene), 400, std::move(draft));
    }
    Checkout::Command command = command_of(shop, request, *scene, draft, lines);
    auto verdict = co_await shop.checkout.place(std::move(command));
    if (!verdict) {
        explain(scene->texts, verdict.error(), draft);
        co_return co_await show(shop, std::move(*scene), status_of(verdict.error()), std::move(draft));
    }
    if (const auto* no = std::get_if<domain::Refused>(&verdict->outcome))
        co_return co_await refused(shop, std::move(*scene), std::move(draft), no->reason, std::move(lines));
    const OrderId order = std::get<domain::Granted>(verdict->outcome).order;
    co_return co_await granted(shop, std::move(*scene), std::move(draft), order, verdict->repeated, std::move(lines));
}

}  // namespace

std::vector<Route> checkout_page_routes(Shop shop) {
    std::vector<Route> routes;
    routes.push_back(buying_route(shop, Method::get, "/checkout", "checkoutPage", "Checkout", get_checkout));
    routes.push_back(buying_route(shop, Method::post, "/checkout", "orderPage", "Place an order", post_checkout));
    return routes;
}

}  // namespace marketday::http::pages
