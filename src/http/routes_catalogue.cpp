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

/// GET /api/v1/products/{sku}: 200, 404, 503.
Task<Response> get_product(Browse& browse, std::string sku) {
    std::string key = "product/" + sku;
    auto product = co_await browse.product(std::move(sku));
    if (!product) co_return problem(store_unavailable());
    if (!*product) co_return problem(not_found("product"));
    Response response = json(200, product_json(**product));
    response.headers.emplace_back("Surrogate-Key", std::move(key));
    co_return response;
}

/// GET /api/v1/products/{sku}/stock: 200, 404, 503.
Task<Response> get_product_stock(Browse& browse, std::string sku) {
    std::string body = "{\"sku\":";
    log::append_json_string(body, sku);
    auto stock = co_await browse.stock(std::move(sku));
    if (!stock) co_return problem(store_unavailable());
    if (!*stock) co_return problem(not_found("product"));
    const auto& level = **stock;
    fmt::format_to(std::back_inserter(body), R"(,"available":{},"reserved":{},"sold":{},"state":"{}"}})",
                   level.available, level.reserved, level.sold, state_of(level));
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=1");
    co_return response;
}

/// GET /api/v1/categories: 200, 503.
Task<Response> get_categories(Browse& browse) {
    auto categories = co_await browse.categories();
    if (!categories) co_return problem(store_unavailable());
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
    co_return response;
}

}  // namespace

std::vector<Route> catalogue_routes(Browse& browse) {
    std::vector<Route> routes;
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/products/{sku}",
         .operation_id = "getProduct",
         .summary = "One product: names, price and its version",
         .request_schema = {},
         .response_schema = "Product",
         .statuses = kReadStatuses,
         .handle = [&browse](const Request& request) { return get_product(browse, std::string{request.param(0)}); },
         .handle_now = {}});
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/products/{sku}/stock",
         .operation_id = "getProductStock",
         .summary = "What is left of one product; one second old at most",
         .request_schema = {},
         .response_schema = "ProductStock",
         .statuses = kReadStatuses,
         .handle =
             [&browse](const Request& request) { return get_product_stock(browse, std::string{request.param(0)}); },
         .handle_now = {}});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/categories",
                      .operation_id = "listCategories",
                      .summary = "Every category with what is in it",
                      .request_schema = {},
                      .response_schema = "CategoryList",
                      .statuses = kListStatuses,
                      .handle = [&browse](const Request&) { return get_categories(browse); },
                      .handle_now = {}});
    return routes;
}

}  // namespace marketday::http
