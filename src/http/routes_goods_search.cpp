#include "http/routes_goods_search.hpp"

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/product_json.hpp"

namespace marketday::http {
namespace {

using ports::SearchIndex;
using usecases::BrowseShelves;

constexpr int kStatuses[] = {200, 400, 401, 503};
constexpr std::size_t kPageMax = 100;

/// Appends the product when there is one; whether the store answered.
Task<bool> append_shelf(std::string& items, BrowseShelves& shelves, domain::SkuCode sku) {
    auto shelf = co_await shelves.show(std::move(sku));
    if (!shelf) co_return false;
    if (!*shelf) co_return true;
    if (!items.empty()) items += ',';
    items += product_admin_json((*shelf)->product, (*shelf)->stock);
    co_return true;
}

/// GET /admin/v1/products/search?q=&limit=&cursor=: 200, 400, 401, 503.
Task<Response> get_goods(SearchIndex& index, BrowseShelves& shelves, const Request& request) {
    SearchIndex::Query query;
    query.text = request.query_param("q").value_or("");
    query.cursor = request.query_param("cursor").value_or("");
    if (query.text.size() > SearchIndex::kTextBytesMax)
        co_return problem(invalid_request("\"q\" must have at most 200 bytes."));
    if (const auto wrong = read_limit(request, kPageMax, query.products_max)) co_return problem(*wrong);
    std::string items;
    const domain::SkuCode exact{query.cursor.empty() ? query.text : std::string{}};
    if (!exact.empty()) {
        const bool answered = co_await append_shelf(items, shelves, exact);
        if (!answered) co_return problem(store_unavailable());
    }
    const auto found = co_await index.search(std::move(query));
    if (!found && found.error() == SearchIndex::Error::bad_cursor)
        co_return problem(invalid_request("\"cursor\" must be the next_cursor of an earlier page."));
    if (!found) co_return problem(store_unavailable());
    for (const auto& sku : found->skus) {
        if (sku == exact) continue;
        const bool answered = co_await append_shelf(items, shelves, sku);
        if (!answered) co_return problem(store_unavailable());
    }
    std::string body = "{\"items\":[" + items + "],\"next_cursor\":";
    if (found->next_cursor.empty())
        body += "null";
    else
        log::append_json_string(body, found->next_cursor);
    co_return json(200, body + '}');
}

}  // namespace

std::vector<Route> goods_search_routes(SearchIndex& index, BrowseShelves& shelves) {
    std::vector<Route> routes;
    routes.push_back(
        operator_route({.pattern = "/admin/v1/products/search",
                        .operation = "searchGoods",
                        .summary = "Goods by words or SKU, as operators see them",
                        .response_schema = "AdminProductList",
                        .statuses = kStatuses,
                        .parameters = "q limit cursor"},
                       [&index, &shelves](const Request& request) { return get_goods(index, shelves, request); }));
    return routes;
}

}  // namespace marketday::http
