#include "http/routes_sales.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using ports::OrderBook;
using usecases::SaleBoard;

constexpr int kListStatuses[] = {200, 503};
constexpr int kReadStatuses[] = {200, 400, 404, 503};
constexpr int kStockStatuses[] = {200, 201, 400, 401, 404, 409, 413, 503};
constexpr int kMakeStatuses[] = {201, 400, 401, 404, 409, 413, 503};
constexpr int kChangeStatuses[] = {200, 400, 401, 404, 409, 413, 503};
constexpr int kShowStatuses[] = {200, 401, 404, 503};
constexpr std::size_t kSaleItemsMax = 50;
constexpr std::size_t kClosedShown = 100;

/// GET /api/v1/sales: 200.
Response get_sales(const SaleBoard& board, const Clock& clock) {
    std::string body = "{\"items\":[";
    for (const domain::Sale* sale : board.all()) {
        if (body.back() != '[') body += ',';
        append_sale(body, *sale, clock.wall_now());
    }
    body += "],\"next_cursor\":null}";
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=1");
    response.headers.emplace_back("Surrogate-Key", "sales");
    return response;
}

/// GET /api/v1/sales/{sale}: 200, 404.
Response get_sale(const SaleBoard& board, const Clock& clock, const Request& request) {
    const auto id = SaleId::parse(request.param(0));
    const domain::Sale* sale = id ? board.find(*id) : nullptr;
    if (sale == nullptr) return problem(not_found("sale"));
    std::string body;
    append_sale(body, *sale, clock.wall_now());
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=1");
    response.headers.emplace_back("Surrogate-Key", fmt::format("sales sale-{}", sale->id.to_string()));
    return response;
}

NearCache::Loaded as_is(Response response) { return {.response = std::move(response), .remark = {}}; }

Task<Response> at_once(Response response) { co_return response; }

std::string_view stock_state(const domain::StockLevel& level, const domain::SaleItem& item) {
    if (level.available > 0 && item.taken < item.units) return "on_sale";
    return level.reserved + level.in_transfer > 0 ? "all_held" : "sold_out";
}

/// GET /api/v1/sales/{sale}/stock: 200, 404, 503.
Task<NearCache::Loaded> load_sale_stock(OrderBook& order_book, SaleId id) {
    auto sale = co_await order_book.find_sale(id, ports::Freshness::bounded());
    if (!sale) co_return as_is(problem(store_unavailable()));
    if (!*sale) co_return as_is(problem(not_found("sale")));
    std::vector<domain::SkuCode> skus;
    for (const auto& item : (*sale)->items) skus.push_back(item.sku);
    auto levels = co_await order_book.stock(skus, ports::Freshness::bounded());
    if (!levels) co_return as_is(problem(store_unavailable()));
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < skus.size(); ++i) {
        const domain::StockLevel level = (*levels)[i].value_or(domain::StockLevel{});
        const auto& item = (*sale)->items[i];
        body += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(body, skus[i]);
        const std::int64_t available = std::min(level.available, item.units - item.taken);
        fmt::format_to(std::back_inserter(body), R"(,"available":{},"reserved":{},"sold":{},"state":"{}"}})", available,
                       level.reserved, level.sold, stock_state(level, item));
    }
    body += "]}";
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=1");
    response.headers.emplace_back("Surrogate-Key", fmt::format("stock sale-{}", id.to_string()));
    co_return as_is(std::move(response));
}

Task<Response> get_sale_stock(OrderBook& order_book, NearCache* cache, const Request& request) {
    const auto id = SaleId::parse(request.param(0));
    if (!id) return at_once(problem(not_found("sale")));
    NearCache::Load load = [&order_book, sale = *id] { return load_sale_stock(order_book, sale); };
    return through(cache, std::string{request.param(0)}, request.deadline, std::move(load));
}

Task<NearCache::Loaded> load_sales(const SaleBoard& board, const Clock& clock) {
    co_return as_is(get_sales(board, clock));
}

Task<Response> get_sales_kept(const SaleBoard& board, const Clock& clock, NearCache& cache, const Request& request) {
    NearCache::Load load = [&board, &clock] { return load_sales(board, clock); };
    return cache.answer("sales", request.deadline, std::move(load));
}

/// The list as the board has it now: what was made before the board's last change is gone.
std::optional<Response> find_sales(const SaleBoard& board, NearCache& cache) {
    cache.invalidate_all(board.version());
    return cache.find_now("sales");
}

WallTime read_time(BodyReader& body, std::string_view name, const std::string& text) {
    const auto ms = from_rfc3339(text);
    if (!ms) body.refuse(name, "must be a time such as 2026-11-21T05:00:00Z");
    return from_unix_ms(ms.value_or(0));
}

Money read_price(BodyReader& body) {
    Money price;
    if (!body.enter("price")) return price;
    price.amount_minor = body.integer("amount_minor", {0, 1'000'000'000'000});
    const auto currency = Currency::parse(body.text("currency", {3, 3}));
    if (currency)
        price.currency = *currency;
    else
        body.refuse("currency", "must be a currency that shops use, for example KRW");
    body.leave();
    return price;
}

void read_line_policy(BodyReader& body, domain::LinePolicy& line) {
    if (!body.enter_if("line")) return;
    line.enabled = body.boolean_if("enabled").value_or(line.enabled);
    line.draw = body.boolean_if("draw").value_or(line.draw);
    line.admissions_per_s_max =
        body.integer_if("admissions_per_s_max", {1, 1'000'000}).value_or(line.admissions_per_s_max);
    line.admission_valid =
        seconds{body.integer_if("admission_valid_s", {5, 3600}).value_or(line.admission_valid.count())};
    body.leave();
}

Result<domain::Sale, Problem> read_sale(const Request& request, SaleId id) {
    BodyReader body(request.body);
    domain::Sale sale;
    sale.id = id;
    sale.name_json = body.object_json("name", 2000);
    sale.opens_at = read_time(body, "opens_at", body.text("opens_at", {1, 40}));
    if (const auto closes = body.text_if("closes_at", {1, 40})) {
        sale.closes_at = read_time(body, "closes_at", *closes);
        if (*sale.closes_at <= sale.opens_at) body.refuse("closes_at", "must come after opens_at");
    }
    const std::size_t count = body.array("items", kSaleItemsMax);
    for (std::size_t i = 0; i < count; ++i) {
        body.enter_element("items", i);
        domain::SaleItem item;
        item.sku = body.text("sku", {1, 64});
        item.units = body.integer("units", {1, domain::kUnitsMax});
        item.price = read_price(body);
        item.limit_per_customer = body.integer_if("limit_per_customer", {1, domain::kUnitsMax}).value_or(1);
        body.leave();
        sale.items.push_back(std::move(item));
    }
    read_line_policy(body, sale.line);
    if (auto wrong = body.problem()) return fail(std::move(*wrong));
    return sale;
}

Response refused_sale(OrderBook::SaleRefusal refusal) {
    using enum OrderBook::SaleRefusal;
    switch (refusal) {
        case not_found: return problem(http::not_found("sale"));
        case unknown_sku:
            return problem({409, "unknown-sku", "A product of the sale is unknown.", "Import it first.", {}, {}});
        case in_another_sale:
            return problem({409,
                            "in-another-sale",
                            "A product is in another sale that is not closed.",
                            "Close that sale, or leave the product out.",
                            {},
                            {}});
        case wrong_state:
            return problem(
                {409, "wrong-state", "The sale's state does not allow this.", "Look at its present state.", {}, {}});
        case already_exists: return problem({409, "already-exists", "The sale exists.", "Nothing to do.", {}, {}});
    }
    return problem({500, "internal", "An unknown refusal.", "Tell the shop.", {}, {}});
}

Response sale_response(int status, const domain::Sale& sale, const Clock& clock) {
    std::string body;
    append_sale(body, sale, clock.wall_now());
    return json(status, std::move(body));
}

/// POST /admin/v1/sales: 201, 400, 401, 403, 409, 503.
Task<Response> post_sale(OrderBook& order_book, const Clock& clock, UuidSource& uuids,
                         const std::function<void(const domain::Sale&)>& changed, const Request& request) {
    auto sale = read_sale(request, SaleId{uuids.next(0)});
    if (!sale) co_return problem(sale.error());
    auto created = co_await order_book.create_sale(std::move(*sale));
    if (!created) co_return problem(store_unavailable());
    if (!*created) co_return refused_sale(created->error());
    changed(**created);
    co_return sale_response(201, **created, clock);
}

/// What would become of a sale that changed its state now.
Task<Response> would_change_sale(OrderBook& order_book, SaleId id, domain::SaleState state, WallTime now) {
    const auto sale = co_await order_book.find_sale(id);
    if (!sale) co_return problem(store_unavailable());
    if (!*sale) co_return problem(not_found("sale"));
    const domain::SaleState from = (*sale)->state_at(now);
    if (!domain::may_follow(from, state)) co_return refused_sale(OrderBook::SaleRefusal::wrong_state);
    std::vector<domain::SkuCode> skus;
    for (const auto& item : (*sale)->items) skus.push_back(item.sku);
    const auto levels = co_await order_book.stock(skus);
    if (!levels) co_return problem(store_unavailable());
    std::string body = fmt::format(R"({{"would":{{"sale":"{}","from":"{}","to":"{}","items":[)", id.to_string(),
                                   domain::to_string(from), domain::to_string(state));
    for (std::size_t i = 0; i < skus.size(); ++i) {
        const auto& item = (*sale)->items[i];
        body += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(body, item.sku);
        fmt::format_to(std::back_inserter(body), R"(,"units":{},"taken":{},"unsold":{},"held_unpaid":{}}})", item.units,
                       item.taken, item.units - item.taken, (*levels)[i].value_or(domain::StockLevel{}).reserved);
    }
    co_return json(200, body + "]}}");
}

/// POST /admin/v1/sales/{sale}/state: 200, 400, 401, 403, 404, 409, 503.
Task<Response> post_sale_state(OrderBook& order_book, const Clock& clock,
                               const std::function<void(const domain::Sale&)>& changed, const Request& request) {
    const auto id = SaleId::parse(request.param(0));
    if (!id) co_return problem(not_found("sale"));
    BodyReader body(request.body);
    const auto state = domain::parse_sale_state(body.text("state", {1, 20}));
    if (!body.problem() && (!state || *state == domain::SaleState::scheduled))
        body.refuse("state", "must be open, paused or closed");
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const WallTime now = clock.wall_now();
    if (is_dry_run(request)) co_return co_await would_change_sale(order_book, *id, *state, now);
    auto done = co_await order_book.set_sale_state(*id, *state, now);
    if (!done) co_return problem(store_unavailable());
    if (!*done) co_return refused_sale(done->error());
    changed(**done);
    co_return sale_response(200, **done, clock);
}

/// GET /admin/v1/sales: 200, 401, 503. Every sale that is not closed and the newest closed ones.
Task<Response> get_admin_sales(OrderBook& order_book, const Clock& clock) {
    auto sales = co_await order_book.sales(kClosedShown);
    if (!sales) co_return problem(store_unavailable());
    std::string body = "{\"items\":[";
    for (const auto& sale : *sales) {
        if (body.back() != '[') body += ',';
        append_sale(body, sale, clock.wall_now());
    }
    body += "],\"next_cursor\":null}";
    co_return json(200, std::move(body));
}

/// GET /admin/v1/sales/{sale}: 200, 401, 404, 503.
Task<Response> get_admin_sale(OrderBook& order_book, const Clock& clock, const Request& request) {
    const auto id = SaleId::parse(request.param(0));
    if (!id) co_return problem(not_found("sale"));
    auto sale = co_await order_book.find_sale(*id);
    if (!sale) co_return problem(store_unavailable());
    if (!*sale) co_return problem(not_found("sale"));
    co_return sale_response(200, **sale, clock);
}

Response refused_stock(OrderBook::StockRefusal refusal) {
    switch (refusal) {
        case OrderBook::StockRefusal::unknown_sku: return problem(not_found("product"));
        case OrderBook::StockRefusal::not_enough: break;
    }
    return problem(
        {409, "not-enough", "There are not as many units to move.", "Look at the stock that is available.", {}, {}});
}

/// What would become of the stock.
Task<Response> would_change_stock(OrderBook& order_book, OrderBook::StockChange change) {
    std::vector<domain::SkuCode> skus{change.sku};
    const auto levels = co_await order_book.stock(std::move(skus));
    if (!levels) co_return problem(store_unavailable());
    if (!levels->front()) co_return refused_stock(OrderBook::StockRefusal::unknown_sku);
    domain::StockLevel after = *levels->front();
    const std::int64_t available = after.available;
    if (!domain::apply(after, change.movement, change.units))
        co_return refused_stock(OrderBook::StockRefusal::not_enough);
    std::string body = "{\"would\":{\"sku\":";
    log::append_json_string(body, change.sku);
    fmt::format_to(std::back_inserter(body), R"(,"movement":"{}","units":{},"available":{},"available_after":{}}}}})",
                   domain::to_string(change.movement), change.units, available, after.available);
    co_return json(200, std::move(body));
}

/// POST /admin/v1/stock: 201, 400, 401, 403, 404, 409, 503.
Task<Response> post_stock(OrderBook& order_book, const Request& request) {
    BodyReader body(request.body);
    OrderBook::StockChange change;
    change.sku = body.text("sku", {1, 64});
    const std::string movement = body.text("movement", {1, 20});
    change.units = body.integer("units", {1, domain::kUnitsMax});
    change.reason = body.text_if("reason", {0, 200}).value_or("");
    if (movement == "receive")
        change.movement = domain::Movement::receive;
    else if (movement == "withdraw")
        change.movement = domain::Movement::withdraw;
    else
        body.refuse("movement", "must be receive or withdraw");
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    if (is_dry_run(request)) co_return co_await would_change_stock(order_book, std::move(change));
    auto done = co_await order_book.change_stock(std::move(change));
    if (!done) co_return problem(store_unavailable());
    if (!*done) co_return refused_stock(done->error());
    std::string text = "{\"receipt\":";
    append_receipt(text, **done);
    text += '}';
    co_return json(201, std::move(text));
}

/// GET /admin/v1/stock/{sku}: 200, 401, 404, 503.
Task<Response> get_stock(OrderBook& order_book, const Request& request) {
    std::vector<domain::SkuCode> skus{std::string{request.param(0)}};
    auto levels = co_await order_book.stock(skus);
    if (!levels) co_return problem(store_unavailable());
    if (!levels->front()) co_return problem(not_found("product"));
    const auto& level = *levels->front();
    std::string body = "{\"sku\":";
    log::append_json_string(body, skus.front());
    fmt::format_to(std::back_inserter(body),
                   R"(,"received":{},"available":{},"reserved":{},"sold":{},"in_transfer":{},"withdrawn":{}}})",
                   level.received, level.available, level.reserved, level.sold, level.in_transfer, level.withdrawn);
    co_return json(200, std::move(body));
}

}  // namespace

std::vector<Route> sale_routes(SaleBoard& board, OrderBook& order_book, const Clock& clock, NearCaches* caches) {
    Handler sales;
    FastHandler sales_now = [&board, &clock](const Request&) { return get_sales(board, clock); };
    NearCache* const stock = caches == nullptr ? nullptr : &caches->stock;
    FastHandler stock_now;
    if (caches != nullptr) {
        NearCache& kept = caches->sales;
        sales = [&board, &clock, &kept](const Request& request) { return get_sales_kept(board, clock, kept, request); };
        sales_now = [&board, &kept](const Request&) { return find_sales(board, kept); };
        stock_now = [stock](const Request& request) { return stock->find_now(request.param(0)); };
    }
    std::vector<Route> routes;
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/sales",
                      .operation_id = "listSales",
                      .summary = "Running and coming sales, and the newest closed ones",
                      .request_schema = {},
                      .response_schema = "SaleList",
                      .statuses = kListStatuses,
                      .handle = std::move(sales),
                      .handle_now = std::move(sales_now)});
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/sales/{sale}",
         .operation_id = "getSale",
         .summary = "One sale: items, prices, limits, opening, and the server's time",
         .request_schema = {},
         .response_schema = "Sale",
         .statuses = kReadStatuses,
         .handle = {},
         .handle_now = [&board, &clock](const Request& request) { return get_sale(board, clock, request); }});
    routes.push_back(
        {.method = Method::get,
         .pattern = "/api/v1/sales/{sale}/stock",
         .operation_id = "getSaleStock",
         .summary = "What is left of each item of a sale",
         .request_schema = {},
         .response_schema = "SaleStock",
         .statuses = kReadStatuses,
         .handle = [&order_book, stock](const Request& request) { return get_sale_stock(order_book, stock, request); },
         .handle_now = std::move(stock_now)});
    return routes;
}

std::vector<Route> admin_sale_routes(OrderBook& order_book, const Clock& clock, UuidSource& uuids,
                                     std::function<void(const domain::Sale&)> changed) {
    // One function object for all routes: the table outlives every request.
    const auto tell = std::make_shared<std::function<void(const domain::Sale&)>>(std::move(changed));
    std::vector<Route> routes;
    const auto add = [&routes](Method method, std::string_view pattern, std::string_view operation,
                               std::string_view summary, std::string_view request_schema,
                               std::string_view response_schema, std::span<const int> statuses, Handler handle) {
        routes.push_back(operator_route({.method = method,
                                         .pattern = pattern,
                                         .operation = operation,
                                         .summary = summary,
                                         .request_schema = request_schema,
                                         .response_schema = response_schema,
                                         .statuses = statuses},
                                        std::move(handle)));
    };
    add(Method::post, "/admin/v1/sales", "createSale", "Plan a sale", "SaleRequest", "Sale", kMakeStatuses,
        [&order_book, &clock, &uuids, tell](const Request& request) {
            return post_sale(order_book, clock, uuids, *tell, request);
        });
    add(Method::post, "/admin/v1/sales/{sale}/state", "setSaleState", "Open, pause or close a sale", "SaleStateRequest",
        "Sale", kChangeStatuses, [&order_book, &clock, tell](const Request& request) {
            return post_sale_state(order_book, clock, *tell, request);
        });
    routes.back().parameters = "dry_run";
    add(Method::get, "/admin/v1/sales", "listAllSales", "Every sale that is not closed and the newest closed ones", {},
        "SaleList", kShowStatuses,
        [&order_book, &clock](const Request&) { return get_admin_sales(order_book, clock); });
    add(Method::get, "/admin/v1/sales/{sale}", "getSaleAsOperator", "One sale as it is stored", {}, "Sale",
        kShowStatuses,
        [&order_book, &clock](const Request& request) { return get_admin_sale(order_book, clock, request); });
    add(Method::post, "/admin/v1/stock", "changeStock", "Receive or withdraw units of a SKU", "StockChange",
        "StockChanged", kStockStatuses,
        [&order_book](const Request& request) { return post_stock(order_book, request); });
    routes.back().parameters = "dry_run";
    add(Method::get, "/admin/v1/stock/{sku}", "getStock", "The stock of a SKU", {}, "StockLevel", kShowStatuses,
        [&order_book](const Request& request) { return get_stock(order_book, request); });
    return routes;
}

}  // namespace marketday::http
