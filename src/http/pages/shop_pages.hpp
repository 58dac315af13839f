#pragma once

#include <string>
#include <vector>

#include "http/near_caches.hpp"
#include "http/pages/layout.hpp"
#include "http/routes_catalogue.hpp"
#include "usecases/browse.hpp"
#include "usecases/sale_board.hpp"
#include "usecases/search.hpp"

namespace marketday::http::pages {

/// What the pages of goods and sales are made from. Everything lives longer than the routes; shop's executor.
struct ShopPages {
    const Site& site;
    usecases::Browse& browse;
    usecases::Search& search;
    const usecases::SaleBoard& board;
    ports::OrderBook& order_book;
    const Clock& clock;
    NearCaches& caches;
    Currency currency{};
    LookedAt looked_at = {};  // told of every product that was shown
};

/// GET /, /c/{category...}, /search, /p/{sku}: the same bytes for all who read one language.
std::vector<Route> goods_routes(ShopPages shop);
/// GET /sales/{sale}, and /line/{sale}: bytes that are made once at the start.
std::vector<Route> sale_page_routes(ShopPages shop);
/// GET /robots.txt, /sitemap.xml and the parts that it names.
std::vector<Route> crawler_routes(ShopPages shop);

// --- What the files of these pages share. ---

std::string product_path(std::string_view sku);
std::string category_href(std::string_view category_path);
std::string sale_path(SaleId sale);

/// One page through a cache. `key` must name all that the bytes depend on but the language, which is added here.
struct PageRequest {
    LanguageChoice language;
    std::string key;
};
PageRequest page_request(const Request& request, std::string key);
std::optional<Response> find_page(NearCache& cache, const PageRequest& wanted);
Task<Response> load_page(NearCache& cache, PageRequest wanted, Instant deadline, NearCache::Load load);
/// Adds what depends on how the language was chosen, and so stands outside the bytes that all share.
Response for_visitor(Response response, const LanguageChoice& language);
/// A made page as a cache takes it.
NearCache::Loaded cacheable(const Site& site, std::string html, std::string surrogate_keys);
NearCache::Loaded failed(const Problem& problem);
Route page_route(std::string_view pattern, std::string_view operation_id, std::string_view summary);

/// <ul class="grid"> of products; `first_rank` > 0 numbers them.
struct Cards {
    const Site& site;
    const Texts& texts;
    int first_rank = 0;
    std::size_t eager = 0;  // pictures loaded at once
};
void write_cards(Html& html, const Cards& cards, std::span<const domain::Product> products);
void write_price(Html& html, const Texts& texts, const std::optional<Money>& price);

/// As GET …/stock tells it.
enum class StockState : std::uint8_t { on_sale, all_held, sold_out };
StockState stock_state(const domain::StockLevel& level);
/// A badge with the state as it was when the page was made; the script keeps it right.
void write_stock(Html& html, const Texts& texts, std::string_view sku, StockState state);

/// The sales that a shopper sees now: their id, name and state, and those among them that sell `sku`.
std::string sale_name(const domain::Sale& sale, domain::Language language);
std::vector<const domain::Sale*> shown_sales(const usecases::SaleBoard& board, WallTime now);
const domain::Sale* sale_of_product(const usecases::SaleBoard& board, std::string_view sku, WallTime now);
/// Changes when what pages say about these sales does: a part of their keys.
std::string sales_mark(std::span<const domain::Sale* const> sales, WallTime now);
/// A box with the sale's name, its opening and a link. `picture` may be empty.
void write_sale_box(Html& html, const Site& site, const Texts& texts, const domain::Sale& sale,
                    std::string_view picture, WallTime now);

}  // namespace marketday::http::pages
