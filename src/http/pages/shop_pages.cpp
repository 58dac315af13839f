#include "http/pages/shop_pages.hpp"

#include <fmt/format.h>

#include "http/problems.hpp"
#include "http/url.hpp"

namespace marketday::http::pages {

using domain::Language;
using domain::Sale;
using domain::SaleState;

std::string product_path(std::string_view sku) { return "/p/" + percent_encode(sku); }

std::string category_href(std::string_view category_path) {
    std::string path = "/c";
    while (!category_path.empty()) {
        const std::size_t slash = std::min(category_path.find('/'), category_path.size());
        path += '/';
        path += percent_encode(category_path.substr(0, slash));
        category_path.remove_prefix(std::min(slash + 1, category_path.size()));
    }
    return path;
}

std::string sale_path(SaleId sale) { return "/sales/" + sale.to_string(); }

// --- Through the caches ---

PageRequest page_request(const Request& request, std::string key) {
    PageRequest wanted{choose_language(request), std::move(key)};
    wanted.key.insert(0, fmt::format("page\x1f{}\x1f", domain::to_string(wanted.language.language)));
    return wanted;
}

Response for_visitor(Response response, const LanguageChoice& language) {
    if (!language.by_address) response.headers.emplace_back("Vary", "Accept-Language, Cookie");
    if (language.remember) response.headers.push_back(language_cookie(language.language));
    return response;
}

std::optional<Response> find_page(NearCache& cache, const PageRequest& wanted) {
    auto found = cache.find_now(wanted.key);
    if (!found) return std::nullopt;
    return for_visitor(std::move(*found), wanted.language);
}

Task<Response> load_page(NearCache& cache, PageRequest wanted, Instant deadline, NearCache::Load load) {
    Response response = co_await cache.answer(std::move(wanted.key), deadline, std::move(load));
    co_return for_visitor(std::move(response), wanted.language);
}

NearCache::Loaded cacheable(const Site& site, std::string html, std::string surrogate_keys) {
    Response response = page_response(site, 200, std::move(html));
    response.headers.emplace_back("Surrogate-Key", std::move(surrogate_keys));
    return {.response = std::move(response), .remark = {}};
}

NearCache::Loaded failed(const Problem& wrong) { return {.response = problem(wrong), .remark = {}}; }

Route page_route(std::string_view pattern, std::string_view operation_id, std::string_view summary) {
    static constexpr int kStatuses[] = {200, 404, 503};
    return {.method = Method::get,
            .pattern = pattern,
            .operation_id = operation_id,
            .summary = summary,
            .request_schema = {},
            .response_schema = "Page",
            .statuses = kStatuses,
            .handle = {},
            .handle_now = {}};
}

// --- Goods ---

void write_price(Html& html, const Texts& texts, const std::optional<Money>& price) {
    if (price)
        html.leaf("span", {cls("price")}, shown_money(*price, texts.language()));
    else
        html.leaf("span", {cls("muted small")}, texts("goods.no_price"));
}

void write_cards(Html& html, const Cards& cards, std::span<const domain::Product> products) {
    html.in("ul", {cls("grid")}, [&] {
        for (std::size_t i = 0; i < products.size(); ++i) {
            const domain::Product& product = products[i];
            html.in("li", {cls("card")}, [&] {
                const std::string_view picture = product.images.empty() ? std::string_view{} : product.images.front();
                write_picture(html, {.url = picture, .alt = "", .eager = i < cards.eager});
                if (cards.first_rank > 0) {
                    const std::string rank = std::to_string(cards.first_rank + static_cast<int>(i));
                    html.leaf("span", {cls("place")}, cards.texts("goods.rank", {{"n", rank}}));
                }
                html.leaf("a", {href(product_path(product.sku))}, product.name_in(cards.texts.language()));
                write_price(html, cards.texts, product.price);
            });
        }
    });
}

StockState stock_state(const domain::StockLevel& level) {
    if (level.available > 0) return StockState::on_sale;
    return level.reserved + level.in_transfer > 0 ? StockState::all_held : StockState::sold_out;
}

namespace {

struct StockLook {
    TextId text;
    std::string_view classes;
};

StockLook look_of(StockState state) {
    switch (state) {
        case StockState::on_sale: return {"stock.on_sale", "badge good"};
        case StockState::all_held: return {"stock.all_held", "badge"};
        case StockState::sold_out: return {"stock.sold_out", "badge bad"};
    }
    return {"stock.on_sale", "badge good"};
}

}  // namespace

void write_stock(Html& html, const Texts& texts, std::string_view sku, StockState state) {
    const StockLook look = look_of(state);
    html.leaf(
        "span",
        {cls(look.classes), attr("data-stock", sku), attr("data-on-sale", texts("stock.on_sale")),
         attr("data-few", texts("stock.few", {{"n", "{n}"}})), attr("data-left", texts("stock.left", {{"n", "{n}"}})),
         attr("data-all-held", texts("stock.all_held")), attr("data-sold-out", texts("stock.sold_out"))},
        texts(look.text));
}

// --- Sales ---

std::string sale_name(const Sale& sale, Language language) { return local_text_of(sale.name_json).best(language); }

std::vector<const Sale*> shown_sales(const usecases::SaleBoard& board, WallTime now) {
    std::vector<const Sale*> shown;
    for (const Sale* sale : board.all())
        if (sale->state_at(now) != SaleState::closed) shown.push_back(sale);
    return shown;
}

const Sale* sale_of_product(const usecases::SaleBoard& board, std::string_view sku, WallTime now) {
    for (const Sale* sale : board.all()) {
        if (sale->state_at(now) == SaleState::closed) continue;
        for (const auto& item : sale->items)
            if (item.sku == sku) return sale;
    }
    return nullptr;
}

std::string sales_mark(std::span<const Sale* const> sales, WallTime now) {
    std::string mark;
    for (const Sale* sale : sales) {
        mark += sale->id.to_string();
        mark += domain::to_string(sale->state_at(now));
        mark += std::to_string(to_unix_ms(sale->opens_at));
    }
    return mark;
}

void write_sale_box(Html& html, const Site& site, const Texts& texts, const Sale& sale, std::string_view picture,
                    WallTime now) {
    const bool open = sale.state_at(now) == SaleState::open;
    const bool paused = sale.state_at(now) == SaleState::paused;
    const TextId state = open ? TextId("sale.open") : paused ? TextId("sale.paused") : TextId("sale.soon");
    html.in("li", {cls("panel sale-box")}, [&] {
        write_picture(html, {.url = picture, .alt = "", .eager = true});
        html.in("div", {}, [&] {
            html.leaf("span", {cls(open ? "badge live" : "badge soon")}, texts(state));
            html.in("h3", {}, [&] { html.leaf("a", {href(sale_path(sale.id))}, sale_name(sale, texts.language())); });
            html.in("p", {cls("muted")}, [&] {
                html.text(texts(open ? TextId("sale.opened_at") : TextId("sale.opens_at")));
                html.text(" ");
                write_time(html, site, texts.language(), sale.opens_at);
            });
        });
    });
}

}  // namespace marketday::http::pages
