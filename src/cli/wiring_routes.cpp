// What is served where: the shoppers' routes and the operators'.

#include "cli/wiring_parts.hpp"
#include "cli/wiring_settings.hpp"
#include "http/openapi.hpp"
#include "http/operator_gate.hpp"
#include "http/pages/console_page.hpp"
#include "http/pages/problem_page.hpp"
#include "http/problem_types.hpp"
#include "http/routes_accounts.hpp"
#include "http/routes_audit.hpp"
#include "http/routes_basket.hpp"
#include "http/routes_catalogue.hpp"
#include "http/routes_configuration.hpp"
#include "http/routes_customers.hpp"
#include "http/routes_events.hpp"
#include "http/routes_forecast.hpp"
#include "http/routes_fulfilment.hpp"
#include "http/routes_goods_search.hpp"
#include "http/routes_images.hpp"
#include "http/routes_line.hpp"
#include "http/routes_operators.hpp"
#include "http/routes_order_ledger.hpp"
#include "http/routes_orders.hpp"
#include "http/routes_payments.hpp"
#include "http/routes_sales.hpp"
#include "http/routes_search.hpp"
#include "http/routes_statistics.hpp"
#include "http/routes_watch.hpp"

namespace marketday::cli {
namespace {

// Streams of the board at one time.
constexpr std::size_t kWatchersMax = 32;

// What is kept of pictures for the console.
constexpr std::size_t kConsolePictureBytesMax = std::size_t{8} * 1024 * 1024;

void append(std::vector<http::Route>& routes, std::vector<http::Route> more) {
    for (auto& route : more) routes.push_back(std::move(route));
}

}  // namespace

std::vector<http::Route> Shop::Parts::shop_routes() {
    std::vector<http::Route> routes = http::health_routes(readiness);
    append(routes, http::accounts_routes(accounts, sessions, {.secure = shoppers_use_tls(config)},
                                         {.basket = &basket, .guests = &guests}));
    append(routes, http::sale_routes(board, *order_book, clock, &near_caches));
    append(routes, http::line_routes(line));
    append(routes, http::order_routes(
                       checkout, *order_book,
                       [this](const domain::SkuCode& sku, const CustomerId& who) {
                           search.ordered(sku, std::hash<CustomerId>{}(who));
                       },
                       positions.get()));
    append(routes, http::payment_routes(pay, fulfil));
    append(routes, http::catalogue_routes(
                       browse, &near_caches,
                       [this](std::string_view sku, const http::ClientAddress& client) { note_look(sku, client); }));
    append(routes, http::search_routes(search, &near_caches.searches));
    append(routes, http::basket_routes(basket, guests));
    append(routes, http::image_routes(product_images));
    append(routes, http::asset_routes(assets));
    append(routes, page_routes());
    append(routes, http::problem_routes());
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return positions ? http::telling_positions(std::move(routes), *positions) : std::move(routes);
}

std::vector<http::Route> Shop::Parts::operator_routes() {
    std::vector<http::Route> routes = http::health_routes(readiness);
    append(routes, http::operators_routes(operators));
    append(routes, http::operators_log_routes(operators_log));
    append(routes, http::events_routes(event_bus));
    append(routes, http::customers_routes(customers, operators));
    append(routes, http::statistics_routes(statistics, statistics_upkeep, clock, calendar));
    append(routes, http::forecast_routes(capacity));
    append(routes, http::configuration_routes(settings_to_show(config)));
    append(routes, http::fulfilment_routes(operator_fulfil, order_traces));
    append(routes, http::order_ledger_routes(*order_book));
    append(routes, http::goods_search_routes(search_index, shelves));
    append(routes, http::admin_line_routes(line, shop_executor));
    if (config.boolean("rehearsal")) append(routes, http::rehearsal_routes(rehearsal, operators));
    append(routes, http::admin_sale_routes(*order_book, clock, uuids,
                                           [this](const domain::Sale& sale) { tell_sale_changed(sale.id); }));
    append(routes, http::admin_catalogue_routes(shelves, import));
    append(routes, http::admin_image_routes(product_images));
    append(routes, http::image_routes(product_images, kConsolePictureBytesMax));
    append(routes, http::audit_routes(audit_job));
    append(routes, http::watch_routes(live_board, traces, logs));
    append(routes, http::asset_routes(assets));
    append(routes, http::pages::console_routes(assets));
    routes.push_back(http::metrics_route(metrics));
    routes.push_back(http::openapi_route(routes, MARKETDAY_VERSION));
    return http::guarded(std::move(routes), operators, operators_log, clock);
}

std::unique_ptr<http::SessionPositions> positions_of(const Config& config, Stores& stores, const Secrets& secrets) {
    if (stores.history() == nullptr) return nullptr;
    return std::make_unique<http::SessionPositions>(
        *stores.history(), http::SessionPositions::Options{.key = secrets.key_for("positions of sessions"),
                                                           .secure = shoppers_use_tls(config)});
}

/// Whoever is signed in is known by that; strangers are counted by the pages that they look at.
void Shop::Parts::note_visitor(const http::Request& request, const http::Route* route, int status) {
    if (request.session != nullptr) return visitors.saw(request.session->customer);
    if (route == nullptr || status != 200 || route->response_schema != "Page") return;
    const std::string_view token = request.session_token();
    if (!token.empty()) {
        if (const Session* session = session_cache.cached(token)) return visitors.saw(session->customer);
    }
    const std::string_view browser = request.header("user-agent");
    if (browser.empty() || browser.find("bot") != std::string_view::npos) return;
    const std::string_view address{reinterpret_cast<const char*>(request.client.bytes.data()),
                                   request.client.bytes.size()};
    visitors.saw_stranger(address, browser);
}

void Shop::Parts::build_servers() {
    http::ServerOptions options = shop_server_options(config, listen);
    options.authenticate = &session_cache;
    options.full_answer = http::pages::full_house_answer(site);
    options.dress_problem = [this](const http::Request& request, http::Response& response) {
        http::pages::dress_problem(site, request, response);
    };
    options.observe = [this, watch = http::RequestWatch(metrics.shop(), traces, trace_export.get())](
                          const http::Request& request, const http::Route* route, int status,
                          std::chrono::nanoseconds took) mutable {
        watch(request, route, status, took);
        note_visitor(request, route, status);
    };
    shop_server = std::make_unique<http::Server>(shop_io, shop_executor, shop_routes(), std::move(options));

    http::ServerOptions for_operators;
    for_operators.address = admin.address;
    for_operators.port = admin.port;
    for_operators.refuse_operator = [this](const http::Request& request) {
        return http::refuse_operator(operators, request);
    };
    for_operators.observe = http::RequestWatch(metrics.operators(), traces, trace_export.get());
    for_operators.limits.streams_max = kWatchersMax;
    operator_server =
        std::make_unique<http::Server>(operator_io, operator_executor, operator_routes(), std::move(for_operators));
    metrics.shop().begin(shop_server->routes());
    metrics.operators().begin(operator_server->routes());
}

}  // namespace marketday::cli
