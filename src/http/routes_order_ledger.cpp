#include "http/routes_order_ledger.hpp"

#include <fmt/format.h>

#include <iterator>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

constexpr int kStatuses[] = {200, 400, 401, 404, 503};

void append_entry(std::string& out, const domain::LedgerEntry& entry) {
    fmt::format_to(std::back_inserter(out), R"({{"sequence":{},"hash":"{}","at":)", entry.sequence, to_hex(entry.hash));
    append_time(out, entry.at);
    fmt::format_to(std::back_inserter(out), R"(,"movement":"{}","sku":)", domain::to_string(entry.movement));
    log::append_json_string(out, entry.sku);
    fmt::format_to(std::back_inserter(out), R"(,"units":{}}})", entry.units);
}

/// GET /admin/v1/orders/{order}/ledger: 200, 401, 404, 503.
Task<Response> get_ledger(ports::OrderBook& order_book, const Request& request) {
    const auto order = OrderId::parse(request.param(0));
    if (!order) co_return problem(not_found("order"));
    const auto entries = co_await order_book.ledger_of(*order);
    if (!entries) co_return problem(store_unavailable());
    if (entries->empty()) co_return problem(not_found("order"));
    std::string body = "{\"items\":[";
    for (const auto& entry : *entries) {
        if (body.back() != '[') body += ',';
        append_entry(body, entry);
    }
    co_return json(200, body + "],\"next_cursor\":null}");
}

}  // namespace

std::vector<Route> order_ledger_routes(ports::OrderBook& order_book) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/orders/{order}/ledger",
                                     .operation = "getOrderLedger",
                                     .summary = "What an order did to the stock: its entries of the ledger",
                                     .response_schema = "OrderLedger",
                                     .statuses = kStatuses},
                                    [&order_book](const Request& request) { return get_ledger(order_book, request); }));
    return routes;
}

}  // namespace marketday::http
