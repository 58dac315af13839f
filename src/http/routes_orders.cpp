#include "http/routes_orders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using usecases::Checkout;

constexpr int kPlaceStatuses[] = {201, 400, 401, 403, 409, 413, 422, 503};
constexpr int kReadStatuses[] = {200, 400, 401, 404, 503};
constexpr std::int64_t kPriceMinorMax = 1'000'000'000'000;
constexpr std::int64_t kQuantityMax = 10'000;

bool is_country(std::string_view code) {
    return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

domain::DeliveryAddress read_address(BodyReader& body) {
    domain::DeliveryAddress address;
    if (!body.enter("address")) return address;
    address.recipient = body.text("recipient", {1, 100});
    address.line1 = body.text("line1", {1, 200});
    address.line2 = body.text_if("line2", {0, 200}).value_or("");
    address.city = body.text("city", {1, 100});
    address.postal_code = body.text("postal_code", {1, 20});
    address.country = body.text("country", {2, 2});
    address.phone = body.text_if("phone", {0, 30}).value_or("");
    if (!body.problem() && !is_country(address.country))
        body.refuse("country", "must be two capital letters (ISO 3166-1), for example KR");
    body.leave();
    return address;
}

std::vector<domain::OrderLine> read_lines(BodyReader& body) {
    std::vector<domain::OrderLine> lines;
    const std::size_t count = body.array("lines", domain::kOrderLinesMax);
    lines.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        body.enter_element("lines", i);
        domain::OrderLine line;
        line.sku = body.text("sku", {1, 64});
        line.quantity = body.integer("quantity", {1, kQuantityMax});
        line.unit_price_minor = body.integer("unit_price_minor", {0, kPriceMinorMax});
        line.price_version = body.integer_if("price_version", {0, kPriceMinorMax}).value_or(0);
        if (!body.problem() && !domain::is_sku_code(line.sku))
            body.refuse("sku", "must be 1 to 64 of A-Z a-z 0-9 . _ ~ ! % + -");
        if (std::ranges::find(lines, line.sku, &domain::OrderLine::sku) != lines.end())
            body.refuse("sku", "stands in two lines; put the quantities together");
        body.leave();
        lines.push_back(std::move(line));
    }
    return lines;
}

Result<Checkout::Command, Problem> read_command(const Request& request) {
    MD_ASSERT(request.session != nullptr);
    Checkout::Command command;
    command.customer = request.session->customer;
    command.verified = request.session->verified;
    command.key = request.header("Idempotency-Key");
    command.admission = request.header("X-Admission");
    command.deadline = request.deadline;
    BodyReader body(request.body);
    if (const auto sale = body.text_if("sale", {36, 36})) {
        command.sale = SaleId::parse(*sale);
        if (!command.sale) body.refuse("sale", "must be a sale's id");
    }
    const auto currency = Currency::parse(body.text("currency", {3, 3}));
    if (!body.problem() && !currency) body.refuse("currency", "must be a currency that shops use, for example KRW");
    if (currency) command.currency = *currency;
    command.lines = read_lines(body);
    command.address = read_address(body);
    if (auto wrong = body.problem()) return fail(std::move(*wrong));
    return command;
}

struct RefusalText {
    std::string_view title;
    std::string_view detail;
};

RefusalText text_of(domain::Refusal refusal) {
    using enum domain::Refusal;
    switch (refusal) {
        case sold_out: return {"Sold out.", "Every unit has been sold; none can come back."};
        case all_held:
            return {"All units are held by other shoppers.",
                    "Some may come back: try again in a while, with a new key."};
        case not_here:
            return {"No units here at the moment.", "Others are on their way: try again soon, with a new key."};
        case limit_reached:
            return {"The limit a customer is reached.", "Order less, or cancel an order of this sale first."};
        case price_changed:
            return {"The price has changed.", "Look at the product again and order at its present price."};
        case unknown_sku: return {"There is no such product.", "Take the named lines out of the basket."};
        case not_for_sale:
            return {"This product cannot be bought this way.",
                    "It has no price, is hidden, or is sold in a sale only."};
        case sale_not_open: return {"The sale is not open.", "Look at the sale's opening time."};
        case wrong_currency:
            return {"The shop sells in another currency.", "Order in the currency that the prices are shown in."};
        case key_reused:
            return {"The key was used for another request.", "Use a new Idempotency-Key for a new intent."};
    }
    return {};
}

/// Refusals of orders are told with the lines at fault.
Response refused_response(const domain::Refused& refused) {
    const auto text = text_of(refused.reason);
    std::string lines = "\"lines\":[";
    for (std::size_t i = 0; i < refused.lines.size(); ++i) {
        lines += i == 0 ? "{\"sku\":" : ",{\"sku\":";
        log::append_json_string(lines, refused.lines[i].sku);
        fmt::format_to(std::back_inserter(lines), R"(,"reason":"{}"}})", domain::to_string(refused.lines[i].reason));
    }
    lines += ']';
    const std::string type = problem_type(domain::to_string(refused.reason));
    return problem({.status = refused.reason == domain::Refusal::key_reused ? 422 : 409,
                    .type = type,
                    .title = std::string{text.title},
                    .detail = std::string{text.detail},
                    .extra_json = std::move(lines),
                    .retry_after = {}});
}

Response error_response(Checkout::Error error) {
    switch (error) {
        case Checkout::Error::unverified:
            return problem({403,
                            "unverified",
                            "The e-mail address is not verified.",
                            "Follow the link in the mail that was sent at sign-up, then order.",
                            {},
                            {}});
        case Checkout::Error::not_admitted:
            return problem({403,
                            "not-admitted",
                            "This sale has a line.",
                            "Join the line, wait until admitted, and send the admission as X-Admission.",
                            {},
                            {}});
        case Checkout::Error::in_flight:
            return problem({409,
                            "in-flight",
                            "A request with this key is under way.",
                            "Wait for its answer, or repeat it with the same key in a moment.",
                            {},
                            seconds{1}});
        case Checkout::Error::busy:
            return problem({503,
                            "busy",
                            "More orders wait than can be taken.",
                            "Nothing was ordered. Try again with the same key.",
                            {},
                            seconds{1}});
        case Checkout::Error::unavailable:
            return problem({503,
                            "unavailable",
                            "The store does not answer.",
                            "Nothing was ordered. Try again with the same key.",
                            {},
                            seconds{2}});
        case Checkout::Error::outcome_unknown:
            return problem({503,
                            "outcome-unknown",
                            "The store did not say what became of the order.",
                            "It may have been placed: repeat the request with the same key to learn.",
                            {},
                            seconds{2}});
    }
    return problem({500, "internal", "An unknown error.", "Tell the shop.", {}, {}});
}

Response granted_response(const domain::Granted& granted, bool repeated) {
    std::string body;
    body.reserve(420);
    const std::string id = granted.order.to_string();
    body += "{\"order\":\"";
    body += id;
    body += "\",\"number\":\"";
    body += order_number(granted.order);
    body += "\",\"state\":\"reserved\",\"total\":";
    append_money(body, granted.total);
    body += ",\"shipping\":";
    append_money(body, granted.shipping);
    body += ",\"hold_until\":";
    append_time(body, granted.hold_until);
    body += ",\"receipt\":";
    append_receipt(body, granted.receipt);
    body += '}';
    Response response = json(201, std::move(body));
    response.headers.emplace_back("Location", "/api/v1/orders/" + id);
    if (repeated) response.headers.emplace_back("Idempotent-Replayed", "true");
    return response;
}

/// POST /api/v1/orders: 201, 400, 401, 403 not-admitted | unverified, 409 refusals | in-flight, 422 key-reused, 503.
Task<Response> post_order(Checkout& checkout, const Ordered& ordered, const Request& request) {
    auto command = read_command(request);
    if (!command) co_return problem(command.error());
    std::vector<domain::SkuCode> skus;
    if (ordered)
        for (const auto& line : command->lines) skus.push_back(line.sku);
    auto verdict = co_await checkout.place(std::move(*command));
    if (!verdict) co_return error_response(verdict.error());
    if (const auto* refused = std::get_if<domain::Refused>(&verdict->outcome)) co_return refused_response(*refused);
    if (!verdict->repeated)
        for (const auto& sku : skus) ordered(sku, request.session->customer);
    co_return granted_response(std::get<domain::Granted>(verdict->outcome), verdict->repeated);
}

/// GET /api/v1/orders/{order}: 200, 401, 404, 503. Somebody else's order is not found.
Task<Response> get_order(ports::OrderBook& order_book, const SessionPositions* positions, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    const CustomerId customer = request.session->customer;
    auto found = co_await order_book.find(*id, own_writes(positions, request));
    if (!found) co_return problem(store_unavailable());
    if (!*found || (*found)->customer != customer) co_return problem(not_found("order"));
    std::string body;
    append_order(body, **found);
    co_return json(200, std::move(body));
}

/// GET /api/v1/orders?limit=&cursor=&state=: 200, 400, 401, 503. Newest first.
Task<Response> get_orders(ports::OrderBook& order_book, const SessionPositions* positions, const Request& request) {
    ports::OrderBook::OrderQuery query;
    query.customer = request.session->customer;
    query.freshness = own_writes(positions, request);
    if (const auto wrong = read_order_query(request, query)) co_return problem(*wrong);
    const std::size_t page = query.orders_max;
    query.orders_max = page + 1;
    auto found = co_await order_book.list(query);
    if (!found) co_return problem(store_unavailable());
    co_return json(200, order_list_json(std::move(*found), page));
}

}  // namespace

std::optional<Problem> read_order_query(const Request& request, ports::OrderBook::OrderQuery& query) {
    if (const auto limit = request.query_param("limit")) {
        std::size_t orders = 0;
        const auto [end, error] = std::from_chars(limit->data(), limit->data() + limit->size(), orders);
        if (error != std::errc{} || end != limit->data() + limit->size() || orders < 1 || orders > 200)
            return invalid_request("\"limit\" must be a whole number from 1 to 200.");
        query.orders_max = orders;
    }
    if (const auto cursor = request.query_param("cursor")) {
        query.before = OrderId::parse(*cursor);
        if (!query.before) return invalid_request("\"cursor\" must be the next_cursor of an earlier page.");
    }
    if (const auto state = request.query_param("state")) {
        query.state = domain::parse_order_state(*state);
        if (!query.state) return invalid_request("\"state\" must be an order's state, for example paid.");
    }
    if (const auto sale = request.query_param("sale")) {
        query.sale = SaleId::parse(*sale);
        if (!query.sale) return invalid_request("\"sale\" must be a sale's id.");
    }
    return std::nullopt;
}

std::string order_list_json(std::vector<domain::Order> orders, std::size_t page) {
    const bool more = orders.size() > page;
    if (more) orders.resize(page);
    std::string body = "{\"items\":[";
    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (i > 0) body += ',';
        append_order(body, orders[i]);
    }
    body += "],\"next_cursor\":";
    body += more ? fmt::format("\"{}\"", orders.back().id.to_string()) : "null";
    body += '}';
    return body;
}

std::vector<Route> order_routes(Checkout& checkout, ports::OrderBook& order_book, Ordered ordered,
                                const SessionPositions* positions) {
    // Shared by the copies of its handler: the table outlives every request.
    const auto tell = std::make_shared<const Ordered>(std::move(ordered));
    std::vector<Route> routes;
    routes.push_back(
        {.method = Method::post,
         .pattern = "/api/v1/orders",
         .operation_id = "placeOrder",
         .summary = "Place an order: granted whole, or refused with the lines at fault",
         .access = Access::session,
         .idempotency_key = true,
         .body_bytes_max = 256 * 1024,
         .request_schema = "OrderRequest",
         .response_schema = "OrderPlaced",
         .statuses = kPlaceStatuses,
         .handle = [&checkout, tell](const Request& request) { return post_order(checkout, *tell, request); },
         .handle_now = {},
         .parameters = "X-Admission",
         .refused_when_behind = true});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/orders",
                      .operation_id = "listOrders",
                      .summary = "One's own orders, newest first",
                      .access = Access::session,
                      .idempotency_key = false,
                      .request_schema = {},
                      .response_schema = "OrderList",
                      .statuses = kReadStatuses,
                      .handle = [&order_book, positions](
                                    const Request& request) { return get_orders(order_book, positions, request); },
                      .handle_now = {},
                      .parameters = "limit cursor state sale Marketday-Position"});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/orders/{order}",
                      .operation_id = "getOrder",
                      .summary = "One of one's own orders",
                      .access = Access::session,
                      .idempotency_key = false,
                      .request_schema = {},
                      .response_schema = "Order",
                      .statuses = kReadStatuses,
                      .handle = [&order_book, positions](
                                    const Request& request) { return get_order(order_book, positions, request); },
                      .handle_now = {},
                      .parameters = "Marketday-Position"});
    return routes;
}

}  // namespace marketday::http
