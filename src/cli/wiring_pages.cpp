// The storefront's pages.

#include "cli/wiring_parts.hpp"
#include "cli/wiring_settings.hpp"
#include "http/pages/buying.hpp"
#include "http/pages/problem_page.hpp"
#include "http/pages/shop_pages.hpp"

namespace marketday::cli {

http::pages::Site site_of(const Config& config, const ListenAddress& listen, const http::Assets& assets) {
    http::pages::Site site;
    site.base_url = public_url(config, listen);
    while (site.base_url.ends_with('/')) site.base_url.pop_back();
    site.name = config.text("shop.name");
    site.utc_offset = std::chrono::minutes{config.integer("shop.utc_offset_minutes")};
    site.assets = &assets;
    site.asset_host = other_host(config, "pages.asset_host");
    site.image_host = other_host(config, "pages.image_host");
    return site;
}

void Shop::Parts::note_look(std::string_view sku, const http::ClientAddress& client) {
    const std::string_view bytes{reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
    search.looked_at(domain::SkuCode{sku}, std::hash<std::string_view>{}(bytes) | 1);
}

std::vector<http::Route> Shop::Parts::page_routes() {
    const http::pages::ShopPages shop{
        .site = site,
        .browse = browse,
        .search = search,
        .board = board,
        .order_book = *order_book,
        .clock = clock,
        .caches = near_caches,
        .currency = *Currency::parse(config.text("shop.currency")),
        .looked_at = [this](std::string_view sku, const http::ClientAddress& client) { note_look(sku, client); }};
    std::vector<http::Route> routes = http::pages::goods_routes(shop);
    for (auto& route : http::pages::sale_page_routes(shop)) routes.push_back(std::move(route));
    for (auto& route : http::pages::crawler_routes(shop)) routes.push_back(std::move(route));
    const http::pages::BuyingPages buying{
        .site = site,
        .basket = basket,
        .checkout = checkout,
        .pay = pay,
        .fulfil = fulfil,
        .order_book = *order_book,
        .browse = browse,
        .board = board,
        .accounts = accounts,
        .sessions = sessions,
        .guests = guests,
        .clock = clock,
        .currency = *Currency::parse(config.text("shop.currency")),
        .hold = seconds{config.integer("checkout.hold_s")},
        .ordered = [this](const domain::SkuCode& sku,
                          const CustomerId& who) { search.ordered(sku, std::hash<CustomerId>{}(who)); },
        .positions = positions.get()};
    for (auto& route : http::pages::buying_routes(buying)) routes.push_back(std::move(route));
    return routes;
}

}  // namespace marketday::cli
