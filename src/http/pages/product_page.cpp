// GET /p/{sku}: one product.
#include <fmt/format.h>

#include "base/log.hpp"
#include "http/pages/home_page.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;
using domain::Product;

constexpr std::int64_t kQuantityMax = 99;

std::string absolute(const Site& site, std::string_view url) {
    return url.starts_with('/') ? site.base_url + std::string{url} : std::string{url};
}

void append_member(std::string& json, std::string_view name, std::string_view value) {
    json += json.back() == '{' ? "\"" : ",\"";
    json += name;
    json += "\":";
    log::append_json_string(json, value);
}

/// What one may buy the product for: in a sale that is not over, at the sale's price and on its page.
void append_offer(std::string& json, const Site& site, const Product& product, const domain::Sale* sale,
                  StockState stock, WallTime now) {
    std::optional<Money> price = product.price;
    if (sale != nullptr)
        for (const auto& item : sale->items)
            if (item.sku == product.sku) price = item.price;
    if (!price) return;
    json += R"(,"offers":{"@type":"Offer")";
    append_member(json, "url", site.base_url + (sale == nullptr ? product_path(product.sku) : sale_path(sale->id)));
    append_member(json, "price", machine_amount(*price));
    append_member(json, "priceCurrency", price->currency.code());
    const bool comes = sale != nullptr && sale->state_at(now) == domain::SaleState::scheduled;
    append_member(json, "availability",
                  comes                          ? "https://schema.org/PreOrder"
                  : stock == StockState::on_sale ? "https://schema.org/InStock"
                                                 : "https://schema.org/OutOfStock");
    if (comes) append_member(json, "availabilityStarts", machine_time(sale->opens_at));
    if (sale != nullptr && sale->closes_at) append_member(json, "priceValidUntil", machine_time(*sale->closes_at));
    json += '}';
}

/// https://schema.org/Product with its Offer.
std::string json_ld(const Site& site, const Product& product, Language language, const domain::Sale* sale,
                    StockState stock, WallTime now) {
    std::string json = R"({"@context":"https://schema.org","@type":"Product")";
    append_member(json, "name", product.name_in(language));
    append_member(json, "sku", product.sku);
    if (const std::string& about = product.description.best(language); !about.empty())
        append_member(json, "description", shortened(about, 500));
    if (!product.category.empty()) {
        std::string names;
        for (const auto& level : product.category) names += (names.empty() ? "" : " > ") + level.best(language);
        append_member(json, "category", names);
    }
    if (!product.images.empty()) {
        json += ",\"image\":[";
        for (const auto& image : product.images) {
            if (json.back() != '[') json += ',';
            log::append_json_string(json, absolute(site, image));
        }
        json += ']';
    }
    append_offer(json, site, product, sale, stock, now);
    json += '}';
    return json;
}

void write_pictures(Html& html, const Texts& texts, const Product& product) {
    const std::string& name = product.name_in(texts.language());
    html.in("div",
            {cls("pictures"), attr_if(product.images.size() > 1, "tabindex", "0"),
             attr_if(product.images.size() > 1, "role", "group"),
             attr_if(product.images.size() > 1, "aria-label", texts("product.pictures"))},
            [&] {
                if (product.images.empty()) write_picture(html, {.url = {}, .alt = {}});
                for (std::size_t i = 0; i < product.images.size(); ++i)
                    write_picture(html, {.url = product.images[i], .alt = name, .eager = i == 0, .size = 800});
            });
}

void write_buying(Html& html, const Texts& texts, const Product& product, const domain::Sale* sale) {
    if (sale != nullptr) {
        html.in("div", {cls("notice")}, [&] {
            html.in("p", {},
                    [&] { html.text(texts("product.in_sale", {{"sale", sale_name(*sale, texts.language())}})); });
            for (const auto& item : sale->items) {
                if (item.sku != product.sku) continue;
                html.leaf("p", {cls("price")},
                          texts("product.sale_price", {{"price", shown_money(item.price, texts.language())}}));
            }
            html.in("p", {}, [&] {
                html.leaf("a", {cls("button wide large"), href(sale_path(sale->id))}, texts("product.to_sale"));
            });
        });
        return;
    }
    if (!product.price) return;
    html.in("form", {action("/basket"), attr("method", "post"), cls("buy")}, [&] {
        html.empty("input", {attr("type", "hidden"), attr("name", "sku"), attr("value", product.sku)});
        html.in("div", {cls("field")}, [&] {
            html.leaf("label", {attr("for", "quantity")}, texts("product.quantity"));
            html.empty("input", {id("quantity"), cls("quantity"), attr("type", "number"), attr("name", "quantity"),
                                 attr("value", 1), attr("min", 1), attr("max", kQuantityMax), flag("required"),
                                 attr("inputmode", "numeric")});
        });
        html.leaf("button", {cls("button wide large"), attr("type", "submit"), attr("data-buy", "")},
                  texts("product.to_basket"));
    });
}

void write_facts(Html& html, const Texts& texts, const Product& product) {
    html.in("dl", {cls("facts small")}, [&] {
        html.leaf("dt", {}, texts("product.sku"));
        html.leaf("dd", {}, product.sku);
        if (product.weight_g > 0) {
            html.leaf("dt", {}, texts("product.weight"));
            html.leaf("dd", {}, grouped(product.weight_g) + " g");
        }
        if (!product.released.empty()) {
            html.leaf("dt", {}, texts("product.released"));
            html.in("dd", {}, [&] { html.leaf("time", {attr("datetime", product.released)}, product.released); });
        }
    });
}

void write_product(Html& html, const ShopPages& shop, const Texts& texts, const Product& product, StockState stock) {
    std::vector<TrailStep> trail;
    for (std::size_t levels = 1; levels <= product.category.size(); ++levels)
        trail.push_back({product.category[levels - 1].best(texts.language()),
                         category_href(domain::category_path(product.category, levels))});
    const std::string& name = product.name_in(texts.language());
    trail.push_back({name, {}});
    write_trail(html, texts, trail);
    const domain::Sale* sale = sale_of_product(shop.board, product.sku, shop.clock.wall_now());
    html.in("div", {cls("product")}, [&] {
        write_pictures(html, texts, product);
        html.in("div", {cls("stack")}, [&] {
            html.leaf("h1", {}, name);
            html.in("p", {cls("sum")}, [&] { write_price(html, texts, product.price); });
            html.in("p", {}, [&] { write_stock(html, texts, product.sku, stock); });
            write_buying(html, texts, product, sale);
            if (const std::string& about = product.description.best(texts.language()); !about.empty())
                html.leaf("p", {cls("about")}, about);
            write_facts(html, texts, product);
        });
    });
}

Task<NearCache::Loaded> load_product(const ShopPages* shop, Language language, std::string sku) {
    std::string asked = sku;
    auto found = co_await shop->browse.product(std::move(asked));
    if (!found) co_return failed(store_unavailable());
    if (!*found) co_return failed(not_found("product"));
    const Product product = **std::move(found);
    std::vector<domain::SkuCode> skus{product.sku};
    auto levels = co_await shop->order_book.stock(std::move(skus), ports::Freshness::bounded());
    // A page without its stock is still a page: the script asks again.
    const StockState stock = levels ? stock_state(levels->front().value_or(domain::StockLevel{})) : StockState::on_sale;
    const Texts texts(language);
    const WallTime now = shop->clock.wall_now();
    const domain::Sale* sale = sale_of_product(shop->board, product.sku, now);
    PageHead head{.title = product.name_in(language),
                  .description = product.description.best(language),
                  .path = product_path(product.sku),
                  .type = "product",
                  .image = product.images.empty() ? std::string{} : product.images.front(),
                  .json_ld = json_ld(shop->site, product, language, sale, stock, now),
                  .scripts = {"product.js"}};
    if (head.description.empty()) head.description = head.title;
    std::string html =
        page(shop->site, language, head, [&](Html& out) { write_product(out, *shop, texts, product, stock); });
    // It shows the sale that the product is in.
    std::string surrogates = product_surrogate(product.sku) + " sales";
    for (std::size_t depth = 1; depth <= product.category.size(); ++depth)
        surrogates += ' ' + category_surrogate(domain::category_path(product.category, depth));
    co_return cacheable(shop->site, std::move(html), std::move(surrogates));
}

PageRequest wanted(const ShopPages& shop, const Request& request) {
    const WallTime now = shop.clock.wall_now();
    const domain::Sale* sale = sale_of_product(shop.board, request.param(0), now);
    std::string key = fmt::format("product\x1f{}\x1f", request.param(0));
    if (sale != nullptr) key += sales_mark(std::span{&sale, 1}, now);
    return page_request(request, std::move(key));
}

Task<Response> get_product(std::shared_ptr<const ShopPages> shop, PageRequest page, std::string sku,
                           ClientAddress client, Instant deadline) {
    NearCache::Load load = [shop, language = page.language.language, sku] {
        return load_product(shop.get(), language, sku);
    };
    Response response = co_await load_page(shop->caches.products, std::move(page), deadline, std::move(load));
    const bool shown = response.ready != nullptr || response.status == 200;
    if (shown && shop->looked_at) shop->looked_at(sku, client);
    co_return response;
}

}  // namespace

Route product_page_route(const std::shared_ptr<const ShopPages>& shop) {
    Route route = page_route("/p/{sku}", "pageProduct", "One product");
    route.handle_now = [shop](const Request& request) {
        auto response = find_page(shop->caches.products, wanted(*shop, request));
        if (response && shop->looked_at) shop->looked_at(request.param(0), request.client);
        return response;
    };
    route.handle = [shop](const Request& request) {
        PageRequest page = wanted(*shop, request);
        std::string sku{request.param(0)};
        return get_product(shop, std::move(page), std::move(sku), request.client, request.deadline);
    };
    return route;
}

std::vector<Route> goods_routes(ShopPages shop) {
    const auto shared = std::make_shared<const ShopPages>(std::move(shop));
    std::vector<Route> routes = search_page_routes(shared);
    routes.push_back(home_route(shared));
    routes.push_back(product_page_route(shared));
    return routes;
}

}  // namespace marketday::http::pages
