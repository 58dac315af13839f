// GET /sales/{sale}: one sale, with a countdown on the server's time, what is left, and one clear button.
#include <fmt/format.h>

#include "http/pages/sale_pages.hpp"
#include "http/pages/shop_pages.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;
using domain::Product;
using domain::Sale;
using domain::SaleItem;
using domain::SaleState;

struct Shown {
    Sale sale;
    WallTime now;
    SaleState state{};
    struct Item {
        SaleItem terms;
        const Product* product = nullptr;
        StockState stock = StockState::on_sale;
        std::int64_t left = 0;
    };
    std::vector<Item> items;
    std::vector<Product> products;

    bool any_left() const {
        for (const Item& item : items)
            if (item.stock != StockState::sold_out) return true;
        return false;
    }
};

std::string_view name_of(const Shown::Item& item, Language language) {
    return item.product == nullptr ? std::string_view{item.terms.sku}
                                   : std::string_view{item.product->name_in(language)};
}

void write_times(Html& html, const Site& site, const Texts& texts, const Shown& shown) {
    const bool scheduled = shown.state == SaleState::scheduled;
    html.in("div", {attr("data-phase", "scheduled"), flag("hidden", !scheduled)}, [&] {
        html.leaf("p", {cls("muted label")}, texts("sale.opens_in"));
        // Read out by who asks for it, not every second.
        html.leaf("p", {cls("timer"), attr("data-countdown", ""), attr("role", "timer"), attr("aria-live", "off")},
                  shown_countdown(std::chrono::ceil<seconds>(shown.sale.opens_at - shown.now), texts.language()));
    });
    html.in("p", {cls("muted")}, [&] {
        html.text(texts(scheduled ? TextId("sale.opens_at") : TextId("sale.opened_at")));
        html.text(" ");
        write_time(html, site, texts.language(), shown.sale.opens_at);
        if (shown.sale.closes_at) {
            html.text(" · ");
            html.text(texts("sale.closes_at"));
            html.text(" ");
            write_time(html, site, texts.language(), *shown.sale.closes_at);
        }
    });
}

void write_item(Html& html, const Texts& texts, const Shown& shown, const Shown::Item& item, bool chosen) {
    const auto inside = [&] {
        html.in("span", {cls("what")}, [&] {
            html.leaf("strong", {}, name_of(item, texts.language()));
            html.in("span", {cls("price")}, [&] {
                html.text(shown_money(item.terms.price, texts.language()));
                if (item.product != nullptr && item.product->price && *item.product->price > item.terms.price) {
                    html.text(" ");
                    html.leaf("del", {cls("muted small")}, shown_money(*item.product->price, texts.language()));
                }
            });
            html.in("span", {cls("small muted")}, [&] {
                html.text(texts("sale.units", {{"n", grouped(item.terms.units)}}));
                html.text(" · ");
                html.text(texts("sale.limit", {{"n", grouped(item.terms.limit_per_customer)}}));
            });
            if (shown.state != SaleState::closed)
                html.in("span", {attr("data-phase", "open"), flag("hidden", shown.state == SaleState::scheduled)},
                        [&] { write_stock(html, texts, item.terms.sku, item.stock); });
        });
    };
    if (shown.items.size() == 1) {
        html.empty("input", {attr("type", "hidden"), attr("name", "sku"), attr("value", item.terms.sku)});
        return html.in("div", {cls("item")}, inside);
    }
    html.in("label", {cls("choice item")}, [&] {
        html.empty("input", {attr("type", "radio"), attr("name", "sku"), attr("value", item.terms.sku),
                             flag("checked", chosen), flag("required")});
        const bool pictured = item.product != nullptr && !item.product->images.empty();
        write_picture(html, {.url = pictured ? std::string_view{item.product->images.front()} : std::string_view{},
                             .alt = "",
                             .size = 96});
        inside();
    });
}

void write_button(Html& html, const Texts& texts, const Shown& shown) {
    const bool line = shown.sale.line.enabled;
    if (shown.state == SaleState::closed || (shown.state == SaleState::open && !shown.any_left())) {
        html.leaf("p", {cls("notice"), attr("role", "status")},
                  texts(shown.state == SaleState::closed ? TextId("sale.is_over") : TextId("sale.all_sold")));
        html.leaf("a", {cls("button wide large"), href("/")}, texts("sale.other_goods"));
        return;
    }
    if (shown.state == SaleState::paused)
        html.leaf("p", {cls("notice warn"), attr("role", "status")}, texts("sale.is_paused"));
    const bool can_go = line || shown.state == SaleState::open;
    html.leaf("button",
              {cls("button wide large"), attr("type", "submit"), attr("data-buy", ""), flag("disabled", !can_go)},
              texts(line ? TextId("sale.join") : TextId("sale.buy")));
    html.in("p", {cls("small muted")}, [&] {
        if (!line)
            html.text(texts("sale.no_line_hint"));
        else if (shown.state == SaleState::scheduled)
            html.text(texts(shown.sale.line.draw ? TextId("sale.draw_hint") : TextId("sale.early_hint")));
        else
            html.text(texts("sale.line_hint"));
    });
}

void write_how(Html& html, const Texts& texts, const Shown& shown) {
    if (!shown.sale.line.enabled) return;
    html.in("section", {cls("section narrow-left")}, [&] {
        html.leaf("h2", {}, texts("sale.how"));
        html.in("ol", {cls("how")}, [&] {
            html.leaf("li", {}, texts(shown.sale.line.draw ? TextId("sale.how_draw") : TextId("sale.how_early")));
            html.leaf("li", {}, texts("sale.how_line"));
            html.leaf("li", {}, texts("sale.how_turn"));
            html.leaf("li", {}, texts("sale.how_hold"));
        });
    });
}

void write_sale(Html& html, const Site& site, const Texts& texts, const Shown& shown) {
    const std::string id_text = shown.sale.id.to_string();
    const std::string name = sale_name(shown.sale, texts.language());
    write_trail(html, texts, {{name, {}}});
    const Product* first = shown.items.empty() ? nullptr : shown.items.front().product;
    const std::string closes = shown.sale.closes_at ? machine_time(*shown.sale.closes_at) : std::string{};
    html.in(
        "div",
        {cls("product"), attr("data-sale", id_text), attr("data-state", domain::to_string(shown.state)),
         attr("data-opens", machine_time(shown.sale.opens_at)), attr("data-closes", closes),
         attr("data-now", machine_time(shown.now)), attr("data-day", texts("sale.days_one", {{"n", "{n}"}})),
         attr("data-days", texts("sale.days", {{"n", "{n}"}})), attr("data-open-text", texts("sale.open"))},
        [&] {
            html.in("div", {cls("pictures")}, [&] {
                const bool pictured = first != nullptr && !first->images.empty();
                write_picture(
                    html, {.url = pictured ? std::string_view{first->images.front()} : std::string_view{},
                           .alt = pictured ? std::string_view{first->name_in(texts.language())} : std::string_view{},
                           .eager = true,
                           .size = 800});
            });
            html.in("form", {cls("stack panel"), action(shown.sale.line.enabled ? "/line/" + id_text : "/checkout")},
                    [&] {
                        const bool open = shown.state == SaleState::open;
                        html.leaf("span", {cls(open ? "badge live" : "badge soon"), attr("data-phase-text", "")},
                                  texts(sale_state_text(shown.state)));
                        html.leaf("h1", {}, name);
                        write_times(html, site, texts, shown);
                        if (!shown.sale.line.enabled) {
                            html.empty("input", {attr("type", "hidden"), attr("name", "sale"), attr("value", id_text)});
                            html.empty("input", {attr("type", "hidden"), attr("name", "quantity"), attr("value", 1)});
                        }
                        html.in("div",
                                {attr_if(shown.items.size() > 1, "role", "radiogroup"),
                                 attr_if(shown.items.size() > 1, "aria-label", texts("sale.items"))},
                                [&] {
                                    bool chosen = false;
                                    for (const auto& item : shown.items) {
                                        const bool choose = !chosen && item.stock != StockState::sold_out;
                                        chosen = chosen || choose;
                                        write_item(html, texts, shown, item, choose);
                                    }
                                });
                        write_button(html, texts, shown);
                    });
        });
    if (first != nullptr) {
        html.in("p", {cls("section")},
                [&] { html.leaf("a", {href(product_path(first->sku))}, texts("sale.about_goods")); });
    }
    write_how(html, texts, shown);
}

Task<NearCache::Loaded> load_sale(const ShopPages* shop, Language language, SaleId id) {
    Shown shown;
    if (const Sale* known = shop->board.find(id)) {
        shown.sale = *known;
    } else {
        auto found = co_await shop->order_book.find_sale(id, ports::Freshness::bounded());
        if (!found) co_return failed(store_unavailable());
        if (!*found) co_return failed(not_found("sale"));
        shown.sale = **std::move(found);
    }
    std::vector<domain::SkuCode> skus;
    for (const auto& item : shown.sale.items) skus.push_back(item.sku);
    auto levels = co_await shop->order_book.stock(skus, ports::Freshness::bounded());
    if (!levels) co_return failed(store_unavailable());
    auto products = co_await shop->browse.products(std::move(skus));
    if (!products) co_return failed(store_unavailable());
    shown.products = *std::move(products);
    shown.now = shop->clock.wall_now();
    shown.state = shown.sale.state_at(shown.now);
    for (std::size_t i = 0; i < shown.sale.items.size(); ++i) {
        Shown::Item item{.terms = shown.sale.items[i]};
        const domain::StockLevel level = (*levels)[i].value_or(domain::StockLevel{});
        item.left = std::min(level.available, item.terms.units - item.terms.taken);
        item.stock = item.left > 0
                         ? StockState::on_sale
                         : (level.reserved + level.in_transfer > 0 ? StockState::all_held : StockState::sold_out);
        for (const Product& product : shown.products)
            if (product.sku == item.terms.sku) item.product = &product;
        shown.items.push_back(std::move(item));
    }
    const Texts texts(language);
    PageHead head{.title = sale_name(shown.sale, language),
                  .description = texts("sale.description",
                                       {{"sale", sale_name(shown.sale, language)},
                                        {"time", shown_time(shown.sale.opens_at, shop->site.utc_offset, language)}}),
                  .path = sale_path(id),
                  .scripts = {"sale.js"}};
    if (!shown.items.empty() && shown.items.front().product != nullptr && !shown.items.front().product->images.empty())
        head.image = shown.items.front().product->images.front();
    std::string html = page(shop->site, language, head, [&](Html& out) { write_sale(out, shop->site, texts, shown); });
    co_return cacheable(shop->site, std::move(html), fmt::format("sales sale-{}", id.to_string()));
}

}  // namespace

TextId sale_state_text(SaleState state) {
    switch (state) {
        case SaleState::scheduled: return "sale.soon";
        case SaleState::open: return "sale.open";
        case SaleState::paused: return "sale.paused";
        case SaleState::closed: return "sale.over";
    }
    return "sale.over";
}

Route sale_page_route(const std::shared_ptr<const ShopPages>& shop) {
    const auto wanted = [shop](const Request& request) {
        // What was made before the board's last change is gone.
        shop->caches.sales.invalidate_all(shop->board.version());
        return page_request(request, std::string{"sale\x1f"}.append(request.param(0)));
    };
    Route route = page_route("/sales/{sale}", "pageSale", "One sale");
    route.handle_now = [shop, wanted](const Request& request) -> std::optional<Response> {
        if (!SaleId::parse(request.param(0))) return problem(not_found("sale"));
        return find_page(shop->caches.sales, wanted(request));
    };
    route.handle = [shop, wanted](const Request& request) {
        PageRequest page = wanted(request);
        const SaleId id = *SaleId::parse(request.param(0));
        NearCache::Load load = [shop, language = page.language.language, id] {
            return load_sale(shop.get(), language, id);
        };
        return load_page(shop->caches.sales, std::move(page), request.deadline, std::move(load));
    };
    return route;
}

}  // namespace marketday::http::pages
