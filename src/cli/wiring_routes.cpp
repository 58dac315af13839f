// What is served where: the shoppers' routes and the operators'.

#include "cli/wiring_parts.hpp"
#include "cli/wiring_settings.hpp"
#include "http/openapi.hpp"
#include "http/operator_gate.hpp"
#include "http/problem_types.hpp"
#include "http/routes_accounts.hpp"
#include "http/routes_audit.hpp"
#include "http/routes_catalogue.hpp"
#include "http/routes_fulfilment.hpp"
#include "http/routes_line.hpp"
#include "http/routes_operators.hpp"
#include "http/routes_orders.hpp"
#include "http/routes_payments.hpp"
#include "http/routes_sales.hpp"
#include "http/routes_search.hpp"

namespace marketday::cli {
namespace {

void append(std::vector<http::Route>& routes, std::vector<http::Route> more) {
    for (auto& route : more) routes.push_back(std::move(route));
}

std::vector<http::Route> health_routes() {
    static constexpr int kStatuses[] = {200};
    std::vector<http::Route> routes;
    for (const std::string_view path : {"/livez", "/readyz"}) {
        routes.push_back({.method = http::Method::get,
                          .pattern = path,
                          .operation_id = path == "/livez" ? "live" : "ready",
                          .summary = path == "/livez" ? "Whether the process runs" : "Whether it can serve",
                          .request_schema = {},
                          .response_schema = "Status",
                          .statuses = kStatuses,
                          .handle = {},
                          .handle_now = [](const http::Request&) { return http::json(200, R"({"status":"ok"})"); }});
    }
    return routes;
}

}  // namespace

std::vector<http::Route> Shop::Parts::shop_routes() {
    std::vector<http::Route> routes = health_routes();
    append(routes, http::accounts_routes(accounts, sessions, {.secure = !config.text("tls_cert").empty()}));
    append(routes, http::sale_routes(board, *order_book, clock, &near_caches));
    append(routes, http::line_routes(line));
    append(routes, http::order_routes(checkout, *order_book, [this](const domain::SkuCode& sku, const CustomerId& who) {
               search.ordered(sku, std::hash<CustomerId>{}(who));
           }));
    append(routes, http::payment_routes(pay, fulfil));
    append(
        routes,
        http::catalogue_routes(browse, &near_caches, [this](std::string_view sku, const http::ClientAddress& client) {
            const std::string_view bytes{reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
            search.looked_at(domain::SkuCode{sku}, std::hash<std::string_view>{}(bytes) | 1);
        }));
    append(routes, http::search_routes(search, &near_caches.searches));
    append(routes, http::problem_routes());
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return routes;
}

std::vector<http::Route> Shop::Parts::operator_routes() {
    std::vector<http::Route> routes = health_routes();
    append(routes, http::operators_routes(operators));
    append(routes, http::operators_log_routes(operators_log));
    append(routes, http::fulfilment_routes(operator_fulfil, event_bus));
    if (config.boolean("rehearsal")) append(routes, http::rehearsal_routes(rehearsal, operators));
    append(routes, http::admin_sale_routes(*order_book, clock, uuids,
                                           [this](const domain::Sale& sale) { tell_sale_changed(sale.id); }));
    append(routes, http::admin_catalogue_routes(shelves, import));
    append(routes, http::audit_routes(chores, data / "marketday.db"));
    routes.push_back(http::metrics_route(metrics));
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return http::guarded(std::move(routes), operators, operators_log, clock);
}

void Shop::Parts::build_servers() {
    http::ServerOptions options = shop_server_options(config, listen);
    options.authenticate = &session_cache;
    options.observe = [this](const http::Request&, const http::Route* route, int status,
                             std::chrono::nanoseconds took) { metrics.observe("shop", route, status, took); };
    shop_server = std::make_unique<http::Server>(shop_io, shop_executor, shop_routes(), std::move(options));

    http::ServerOptions for_operators;
    for_operators.address = admin.address;
    for_operators.port = admin.port;
    for_operators.refuse_operator = [this](const http::Request& request) {
        return http::refuse_operator(operators, request);
    };
    for_operators.observe = [this](const http::Request&, const http::Route* route, int status,
                                   std::chrono::nanoseconds took) {
        metrics.observe("operators", route, status, took);
    };
    operator_server =
        std::make_unique<http::Server>(operator_io, operator_executor, operator_routes(), std::move(for_operators));
}

}  // namespace marketday::cli
