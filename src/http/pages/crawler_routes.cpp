// GET /robots.txt, /sitemap.xml, /sitemap/{part}: for search engines (https://www.sitemaps.org/protocol.html).
#include <fmt/format.h>

#include <charconv>

#include "http/pages/shop_pages.hpp"
#include "http/problems.hpp"

namespace marketday::http::pages {
namespace {

/// A part holds the products whose newest change lies in its span of change numbers. So old parts only shrink, a change
/// moves its product into the newest part, and a crawler that compares parts reads little. Well within the protocol's
/// 50,000 addresses of a part.
constexpr std::int64_t kChangesOfPart = 5000;

constexpr std::string_view kXml = "application/xml; charset=utf-8";
constexpr std::string_view kDeclaration = R"(<?xml version="1.0" encoding="UTF-8"?>)";

Response document(std::string_view type, std::string body) {
    Response response;
    response.content_type = type;
    response.body = std::move(body);
    response.headers.emplace_back("Cache-Control", "public, max-age=600");
    response.headers.emplace_back("Surrogate-Key", "search");
    return response;
}

void append_address(std::string& xml, const Site& site, std::string_view path, std::optional<WallTime> changed) {
    xml += "<url><loc>";
    append_escaped(xml, site.base_url);
    append_escaped(xml, path);
    xml += "</loc>";
    if (changed) fmt::format_to(std::back_inserter(xml), "<lastmod>{}</lastmod>", machine_time(*changed));
    xml += "</url>\n";
}

Task<NearCache::Loaded> load_index(const ShopPages* shop) {
    const auto last = co_await shop->search.index_position();
    if (!last) co_return failed(store_unavailable());
    std::string xml{kDeclaration};
    xml += "\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
    const auto add = [&](std::string_view part) {
        xml += "<sitemap><loc>";
        append_escaped(xml, shop->site.base_url);
        fmt::format_to(std::back_inserter(xml), "/sitemap/{}.xml</loc></sitemap>\n", part);
    };
    add("shop");
    for (std::int64_t part = 0; part * kChangesOfPart < *last; ++part) add(std::to_string(part));
    xml += "</sitemapindex>\n";
    co_return NearCache::Loaded{.response = document(kXml, std::move(xml)), .remark = {}};
}

/// The home page, the categories and the sales.
Task<NearCache::Loaded> load_shop_part(const ShopPages* shop) {
    const auto categories = co_await shop->browse.categories();
    if (!categories) co_return failed(store_unavailable());
    std::string xml{kDeclaration};
    xml += "\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
    append_address(xml, shop->site, "/", {});
    for (const auto& category : *categories) append_address(xml, shop->site, category_href(category.path), {});
    for (const domain::Sale* sale : shown_sales(shop->board, shop->clock.wall_now()))
        append_address(xml, shop->site, sale_path(sale->id), {});
    xml += "</urlset>\n";
    co_return NearCache::Loaded{.response = document(kXml, std::move(xml)), .remark = {}};
}

Task<NearCache::Loaded> load_goods_part(const ShopPages* shop, std::int64_t part) {
    const auto changes = co_await shop->browse.changed(part * kChangesOfPart, (part + 1) * kChangesOfPart);
    if (!changes) co_return failed(store_unavailable());
    std::string xml{kDeclaration};
    xml += "\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n";
    for (const auto& product : *changes) append_address(xml, shop->site, product_path(product.sku), product.changed_at);
    xml += "</urlset>\n";
    co_return NearCache::Loaded{.response = document(kXml, std::move(xml)), .remark = {}};
}

/// "shop.xml" is -1, "3.xml" is 3; nothing for others.
std::optional<std::int64_t> part_of(std::string_view file) {
    if (!file.ends_with(".xml")) return std::nullopt;
    file.remove_suffix(4);
    if (file == "shop") return -1;
    std::int64_t part = 0;
    const auto parsed = std::from_chars(file.data(), file.data() + file.size(), part);
    if (parsed.ec != std::errc{} || parsed.ptr != file.data() + file.size() || part < 0 || part > 1'000'000'000)
        return std::nullopt;
    return part;
}

Task<Response> at_once(Response response) { co_return response; }

Task<Response> get_part(const std::shared_ptr<const ShopPages>& shop, const Request& request) {
    const auto part = part_of(request.param(0));
    if (!part) return at_once(problem(not_found("part")));
    NearCache::Load load = [shop, part = *part] {
        return part < 0 ? load_shop_part(shop.get()) : load_goods_part(shop.get(), part);
    };
    return through(&shop->caches.searches, fmt::format("sitemap\x1f{}", *part), request.deadline, std::move(load));
}

std::string robots(const Site& site) {
    std::string text = "User-agent: *\n";
    for (const auto* path :
         {"/api/", "/basket", "/checkout", "/orders", "/line/", "/log-in", "/sign-up", "/reset", "/verify", "/search"})
        text += fmt::format("Disallow: {}\n", path);
    return text + fmt::format("\nSitemap: {}/sitemap.xml\n", site.base_url);
}

}  // namespace

std::vector<Route> crawler_routes(ShopPages shop) {
    const auto shared = std::make_shared<const ShopPages>(std::move(shop));
    std::vector<Route> routes{page_route("/robots.txt", "getRobots", "What search engines should leave out"),
                              page_route("/sitemap.xml", "getSitemap", "Which sitemaps there are"),
                              page_route("/sitemap/{part}", "getSitemapPart", "Addresses of pages")};
    routes[0].handle_now = [shared](const Request&) -> std::optional<Response> {
        return document("text/plain; charset=utf-8", robots(shared->site));
    };
    routes[1].handle = [shared](const Request& request) {
        NearCache::Load load = [shared] { return load_index(shared.get()); };
        return through(&shared->caches.searches, "sitemap", request.deadline, std::move(load));
    };
    routes[2].handle = [shared](const Request& request) { return get_part(shared, request); };
    return routes;
}

}  // namespace marketday::http::pages
