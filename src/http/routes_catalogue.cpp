#include "http/routes_catalogue.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/log.hpp"
#include "http/problems.hpp"
#include "http/product_json.hpp"

namespace marketday::http {
namespace {

using usecases::Browse;

constexpr int kReadStatuses[] = {200, 400, 404, 503};
constexpr int kListStatuses[] = {200, 503};

std::string_view state_of(const domain::StockLevel& stock) {
    if (stock.available > 0) return "on_sale";
    return stock.reserved + stock.in_transfer > 0 ? "all_held" : "sold_out";
}

using Loaded = NearCache::Loaded;

Loaded as_is(Response response) { return {.response = std::move(response), .remark = {}}; }

/// GET /api/v1/products/{sku}: 200, 404, 503.
Task<Loaded> load_product(Browse& browse, std::string sku) {
    std::string surrogates = product_surrogate(sku);
    auto product = co_await browse.product(std::move(sku));
    if (!product) co_return as_is(problem(store_unavailable()));
    if (!*product) co_return as_is(problem(not_found("product")));
    const auto& category = (*product)->category;
    for (std::size_t levels = 1; levels <= category.size(); ++levels)
        surrogates += ' ' + category_surrogate(domain::category_path(category, levels));
    Response response = json(200, product_json(**product));
    response.headers.emplace_back("Surrogate-Key", std::move(surrogates));
    co_return as_is(std::move(response));
}

/// GET /api/v1/products/{sku}/stock: 200, 404, 503.
Task<Loaded> load_product_stock(Browse& browse, std::string sku) {
    std::string surrogates = "stock " + product_surrogate(sku);
    std::string body = "{\"sku\":";
    log::append_json_string(body, sku);
    auto stock = co_await browse.stock(std::move(sku));
    if (!stock) co_return as_is(problem(store_unavailable()));
    if (!*stock) co_return as_is(problem(not_found("product")));
    const auto& level = **stock;
    fmt::format_to(std::back_inserter(body), R"(,"available":{},"reserved":{},"sold":{},"state":"{}"}})",
                   level.available, level.reserved, level.sold, state_of(level));
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=1");
    response.headers.emplace_back("Surrogate-Key", std::move(surrogates));
    co_return as_is(std::move(response));
}

/// GET /api/v1/categories: 200, 503.
Task<Loaded> load_categories(Browse& browse) {
    auto categories = co_await browse.categories();
    if (!categories) co_return as_is(problem(store_unavailable()));
    std::string body = "{\"items\":[";
    for (const auto& category : *categories) {
        if (body.back() != '[') body.push_back(',');
        log::append_json_string(body += "{\"path\":", category.path);
        append_local_text_json(body += ",\"name\":", category.name);
        fmt::format_to(std::back_inserter(body), R"(,"level":{},"products":{}}})", category.level, category.products);
    }
    body += "],\"next_cursor\":null}";
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Surrogate-Key", "categories");
    co_return as_is(std::move(response));
}

/// Tells of a product that was shown; what was not found is no look.
void tell(const LookedAt& looked_at, const Request& request, const Response& response) {
    const bool shown = response.ready != nullptr || response.status == 200;
    if (looked_at && shown) looked_at(request.param(0), request.client);
}

Task<Response> get_product(Browse& browse, NearCache* cache, const LookedAt& looked_at, const Request& request) {
    std::string sku{request.param(0)};
    NearCache::Load load = [&browse, sku] { return load_product(browse, sku); };
    Response response = co_await through(cache, std::move(sku), request.deadline, std::move(load));
    tell(looked_at, request, response);
    co_return response;
}

/// A space is in no SKU and in no sale's id: the stock of both is in one cache.
std::string stock_key(std::string_view sku) { return std::string{"sku "}.append(sku); }

Task<Response> get_product_stock(Browse& browse, NearCache* cache, const Request& request) {
    std::string sku{request.param(0)};
    std::string key = stock_key(sku);
    NearCache::Load load = [&browse, sku] { return load_product_stock(browse, sku); };
    return through(cache, std::move(key), request.deadline, std::move(load));
}

Task<Response> get_categories(Browse& browse, NearCache* cache, const Request& request) {
    NearCache::Load load = [&browse] { return load_categories(browse); };
    return through(cache, "categories", request.deadline, std::move(load));
}

}  // namespace

std::vector<Route> catalogue_routes(Browse& browse, NearCaches* caches, LookedAt looked_at) {
    // One function object for both handlers: the table outlives every request.
    const auto looked = std::make_shared<const LookedAt>(std::move(looked_at));
    NearCache* const products = caches == nullptr ? nullptr : &caches->products;
    NearCache* const stock = caches == nullptr ? nullptr : &caches->stock;
    NearCache* const searches = caches == nullptr ? nullptr : &caches->searches;
    FastHandler product_now;
    FastHandler stock_now;
    FastHandler categories_now;
    if (caches != nullptr) {
        product_now = [products, looked](const Request& request) {
            auto response = products->find_now(request.param(0));
            if (response) tell(*looked, request, *response);
            return response;
        };
        stock_now = [stock](const Request& request) { return stock->find_now(stock_key(request.param(0))); };
        categories_now = [searches](const Request&) { return searches->find_now("categories"); };
    }
    std::vector<Route> routes;
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/products/{sku}",
                      .operation_id = "getProduct",
                      .summary = "One product: names, price and its version",
                      .request_schema = {},
                      .response_schema = "Product",
                      .statuses = kReadStatuses,
                      .handle = [&browse, products, looked](
                                    const Request& request) { return get_product(browse, products, *looked, request); },
                      .handle_now = std::move(product_now)});
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/products/{sku}/stock",
         .operation_id = "getProductStock",
         .summary = "What is left of one product; one second old at most",
         .request_schema = {},
         .response_schema = "ProductStock",
         .statuses = kReadStatuses,
         .handle = [&browse, stock](const Request& request) { return get_product_stock(browse, stock, request); },
         .handle_now = std::move(stock_now)});
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/categories",
         .operation_id = "listCategories",
         .summary = "Every category with what is in it",
         .request_schema = {},
         .response_schema = "CategoryList",
         .statuses = kListStatuses,
         .handle = [&browse, searches](const Request& request) { return get_categories(browse, searches, request); },
         .handle_now = std::move(categories_now)});
    return routes;
}

}  // namespace marketday::http
