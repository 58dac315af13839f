// GET /: running and coming sales, rankings, categories, new goods.
#include "http/pages/home_page.hpp"

#include <fmt/format.h>

#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

using domain::Language;
using ports::SearchIndex;

constexpr std::size_t kNewGoods = 10;
constexpr std::size_t kPopularGoods = 5;
constexpr std::size_t kPopularSearches = 10;

struct Home {
    std::vector<domain::Category> categories;
    std::vector<domain::Product> popular;
    std::vector<std::string> searches;
    std::vector<domain::Product> fresh;
    std::vector<domain::Product> in_sales;  // the first of each sale
};

std::string_view picture_of(const domain::Sale& sale, const std::vector<domain::Product>& products) {
    for (const auto& product : products)
        if (!sale.items.empty() && product.sku == sale.items.front().sku && !product.images.empty())
            return product.images.front();
    return {};
}

void write_sales(Html& html, const ShopPages& shop, const Texts& texts, const Home& home, WallTime now) {
    const auto sales = shown_sales(shop.board, now);
    if (sales.empty()) return;
    html.in("section", {cls("section")}, [&] {
        html.leaf("h2", {}, texts("home.sales"));
        html.in("ul", {cls("sale-boxes")}, [&] {
            for (const domain::Sale* sale : sales)
                write_sale_box(html, shop.site, texts, *sale, picture_of(*sale, home.in_sales), now);
        });
    });
}

void write_searches(Html& html, const Texts& texts, const std::vector<std::string>& searches) {
    if (searches.empty()) return;
    html.in("section", {cls("section")}, [&] {
        html.leaf("h2", {}, texts("home.popular_searches"));
        html.in("ol", {cls("rank panel")}, [&] {
            for (const std::string& text : searches)
                html.in("li", {}, [&] { html.leaf("a", {href(with_query("/search", {{"q", text}}))}, text); });
        });
    });
}

void write_goods(Html& html, const Cards& cards, std::string_view title, std::span<const domain::Product> products) {
    if (products.empty()) return;
    html.in("section", {cls("section")}, [&] {
        html.leaf("h2", {}, title);
        write_cards(html, cards, products);
    });
}

void write_categories(Html& html, const Texts& texts, const std::vector<domain::Category>& categories) {
    html.in("nav", {cls("section"), attr("aria-label", texts("home.categories"))}, [&] {
        html.leaf("h2", {}, texts("home.categories"));
        html.in("ul", {cls("chips")}, [&] {
            for (const auto& category : categories) {
                if (category.level != 1) continue;
                html.in("li", {}, [&] {
                    html.in("a", {href(category_href(category.path))}, [&] {
                        html.text(category.name.best(texts.language()));
                        html.leaf("span", {cls("muted small")}, grouped(category.products));
                    });
                });
            }
        });
    });
}

std::string home_html(const ShopPages& shop, Language language, const Home& home) {
    const Texts texts(language);
    const WallTime now = shop.clock.wall_now();
    PageHead head{.title = std::string{texts("shop.tagline")}, .description = std::string{texts("home.lead")}};
    if (!home.fresh.empty() && !home.fresh.front().images.empty()) head.image = home.fresh.front().images.front();
    return page(shop.site, language, head, [&](Html& html) {
        html.leaf("h1", {}, texts("shop.tagline"));
        html.leaf("p", {cls("lead")}, texts("home.lead"));
        write_sales(html, shop, texts, home, now);
        if (!home.categories.empty()) write_categories(html, texts, home.categories);
        write_goods(html, {shop.site, texts, 1, 4}, texts("home.popular_goods"), home.popular);
        write_searches(html, texts, home.searches);
        write_goods(html, {shop.site, texts, 0, home.popular.empty() ? 4U : 0U}, texts("home.new_goods"), home.fresh);
        if (home.fresh.empty()) {
            html.leaf("p", {cls("empty")}, texts("home.empty"));
        } else {
            html.in("p", {cls("section")},
                    [&] { html.leaf("a", {cls("button quiet"), href("/search?sort=newest")}, texts("home.all_new")); });
        }
    });
}

/// What cannot be had is left out: a home page without rankings is still one. Only without goods there is none.
Task<NearCache::Loaded> load_home(const ShopPages* shop, Language language) {
    Home home;
    SearchIndex::Query newest;
    newest.sort = SearchIndex::Sort::newest;
    newest.language = language;
    newest.products_max = kNewGoods;
    auto fresh = co_await shop->search.find(std::move(newest), 0);
    if (!fresh) co_return failed(store_unavailable());
    home.fresh = std::move(fresh->products);
    std::vector<domain::SkuCode> first_of_sales;
    for (const domain::Sale* sale : shown_sales(shop->board, shop->clock.wall_now()))
        if (!sale->items.empty() && first_of_sales.size() < 100) first_of_sales.push_back(sale->items.front().sku);
    auto in_sales = co_await shop->browse.products(std::move(first_of_sales));
    if (in_sales) home.in_sales = *std::move(in_sales);
    auto categories = co_await shop->browse.categories();
    if (categories) home.categories = *std::move(categories);
    auto popular = co_await shop->search.popular_products(kPopularGoods);
    if (popular)
        for (auto& one : *popular) home.popular.push_back(std::move(one.product));
    if (home.popular.size() < kPopularGoods) home.popular.clear();
    auto searches = co_await shop->search.popular_searches(kPopularSearches);
    if (searches)
        for (auto& one : *searches) home.searches.push_back(std::move(one.key));
    co_return cacheable(shop->site, home_html(*shop, language, home), "search categories rankings sales");
}

PageRequest wanted(const ShopPages& shop, const Request& request) {
    const WallTime now = shop.clock.wall_now();
    const auto sales = shown_sales(shop.board, now);
    return page_request(request, "home\x1f" + sales_mark(sales, now));
}

}  // namespace

Route home_route(const std::shared_ptr<const ShopPages>& shop) {
    Route route = page_route("/", "pageHome", "The shop's first page");
    route.handle_now = [shop](const Request& request) {
        return find_page(shop->caches.searches, wanted(*shop, request));
    };
    route.handle = [shop](const Request& request) {
        PageRequest page = wanted(*shop, request);
        NearCache::Load load = [shop, language = page.language.language] { return load_home(shop.get(), language); };
        return load_page(shop->caches.searches, std::move(page), request.deadline, std::move(load));
    };
    return route;
}

}  // namespace marketday::http::pages
