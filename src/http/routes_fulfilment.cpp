#include "http/routes_fulfilment.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"
#include "http/routes_orders.hpp"
#include "http/routes_payments.hpp"

namespace marketday::http {
namespace {

using ports::EventBus;
using usecases::Fulfil;

constexpr int kReadStatuses[] = {200, 400, 401, 404, 503};
constexpr int kStepStatuses[] = {200, 400, 401, 404, 409, 413, 503};
constexpr int kRefundStatuses[] = {200, 202, 400, 401, 404, 409, 413, 503};
constexpr std::string_view kListParameters = "limit cursor state sale";
constexpr std::size_t kExportOrdersMax = 200;
constexpr std::size_t kLettersMax = 100;

Response order_response(int status, const domain::Order& order) {
    std::string body;
    append_order(body, order);
    return json(status, std::move(body));
}

Response answer(const Result<domain::Order, Fulfil::Refusal>& done) {
    return done ? order_response(200, *done) : fulfil_refused(done.error());
}

/// GET /admin/v1/orders?limit=&cursor=&state=&sale=: 200, 400, 401, 503. Newest first.
Task<Response> get_orders(Fulfil& fulfil, const Request& request) {
    ports::OrderBook::OrderQuery query;
    if (const auto wrong = read_order_query(request, query)) co_return problem(*wrong);
    const std::size_t page = query.orders_max;
    query.orders_max = page + 1;
    auto found = co_await fulfil.list(std::move(query));
    if (!found) co_return fulfil_refused(found.error());
    co_return json(200, order_list_json(std::move(*found), page));
}

/// GET /admin/v1/orders/{order}: 200, 401, 404, 503.
Task<Response> get_order(Fulfil& fulfil, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    const auto found = co_await fulfil.find(*id);
    if (!found) co_return fulfil_refused(found.error());
    if (!*found) co_return problem(not_found("order"));
    co_return order_response(200, **found);
}

/// GET /admin/v1/orders/export?cursor=&limit=&state=&sale=: 200 text/csv, 400, 401, 503. The next page's cursor stands
/// in X-Next-Cursor; only the first page has the header row.
Task<Response> get_export(Fulfil& fulfil, const Request& request) {
    ports::OrderBook::OrderQuery query;
    query.orders_max = kExportOrdersMax;
    if (const auto wrong = read_order_query(request, query)) co_return problem(*wrong);
    const bool first = !query.before;
    const std::size_t page = query.orders_max;
    const auto found = co_await fulfil.list(std::move(query));
    if (!found) co_return fulfil_refused(found.error());
    Response response;
    response.content_type = "text/csv; charset=utf-8";
    response.body = orders_csv(*found, first);
    response.headers.emplace_back("Cache-Control", "no-store");
    if (found->size() == page) response.headers.emplace_back("X-Next-Cursor", found->back().id.to_string());
    co_return response;
}

/// POST /admin/v1/orders/{order}/ship {tracking}: 200, 400, 401, 404, 409 wrong-state | refund-due, 503.
Task<Response> post_ship(Fulfil& fulfil, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    std::string tracking;
    {
        BodyReader body(request.body);
        tracking = body.text_if("tracking", {0, 100}).value_or("");
        if (const auto wrong = body.problem()) co_return problem(*wrong);
    }
    const auto done = co_await fulfil.ship(*id, std::move(tracking));
    co_return answer(done);
}

/// POST /admin/v1/orders/{order}/refund {restock}: 200, 202 while the bank has not answered, 400, 401, 404, 409, 503.
Task<Response> post_refund(Fulfil& fulfil, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    bool restock = false;
    {
        BodyReader body(request.body);
        restock = body.boolean("restock");
        if (const auto wrong = body.problem()) co_return problem(*wrong);
    }
    const auto done = co_await fulfil.refund(*id, restock);
    if (!done) co_return fulfil_refused(done.error());
    co_return order_response(done->money_returned ? 200 : 202, done->order);
}

/// POST /admin/v1/orders/{order}/prepare | deliver | cancel | return: 200, 401, 404, 409 wrong-state, 503.
enum class PlainStep { prepare, deliver, cancel, give_back };
Task<Response> post_step(Fulfil& fulfil, PlainStep step, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    switch (step) {
        case PlainStep::prepare: {
            const auto done = co_await fulfil.prepare(*id);
            co_return answer(done);
        }
        case PlainStep::deliver: {
            const auto done = co_await fulfil.deliver(*id);
            co_return answer(done);
        }
        case PlainStep::cancel: {
            const auto done = co_await fulfil.cancel(*id, std::nullopt);
            co_return answer(done);
        }
        case PlainStep::give_back: {
            const auto done = co_await fulfil.give_back(*id, std::nullopt);
            co_return answer(done);
        }
    }
    co_return problem(not_found("step"));
}

void append_letter(std::string& out, const EventBus::DeadLetter& letter) {
    fmt::format_to(std::back_inserter(out), R"({{"position":{},"group":)", letter.position);
    log::append_json_string(out, letter.group);
    out += ",\"message\":";
    log::append_json_string(out, letter.message.id);
    out += ",\"topic\":";
    log::append_json_string(out, letter.message.topic);
    fmt::format_to(std::back_inserter(out), R"(,"deliveries":{},"reason":)", letter.deliveries);
    log::append_json_string(out, letter.reason);
    out += ",\"died_at\":";
    append_time(out, letter.died_at);
    out += ",\"body\":";
    log::append_json_string(out, letter.message.body);
    out += '}';
}

std::optional<std::int64_t> read_position(std::string_view text) {
    std::int64_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (error != std::errc{} || end != text.data() + text.size() || position < 1) return std::nullopt;
    return position;
}

/// GET /admin/v1/dead-letters?group=&cursor=: 200, 400, 401, 503. Newest first.
Task<Response> get_dead_letters(EventBus& bus, const Request& request) {
    std::int64_t before = 0;
    if (const auto cursor = request.query_param("cursor")) {
        const auto position = read_position(*cursor);
        if (!position) co_return problem(invalid_request("\"cursor\" must be the next_cursor of an earlier page."));
        before = *position;
    }
    std::string group = request.query_param("group").value_or("");
    const auto letters = co_await bus.dead_letters(std::move(group), before, kLettersMax);
    if (!letters) co_return problem(store_unavailable());
    std::string body = "{\"items\":[";
    for (const auto& letter : *letters) {
        if (body.back() != '[') body += ',';
        append_letter(body, letter);
    }
    body += "],\"next_cursor\":";
    body += letters->size() == kLettersMax ? fmt::format("\"{}\"", letters->back().position) : "null";
    body += '}';
    co_return json(200, std::move(body));
}

/// POST /admin/v1/dead-letters/{group}/{position}/retry: 200, 401, 404, 503.
Task<Response> post_retry(EventBus& bus, const Request& request) {
    const auto position = read_position(request.param(1));
    if (!position) co_return problem(not_found("dead letter"));
    std::string group{request.param(0)};
    const auto revived = co_await bus.revive(std::move(group), *position);
    if (!revived) co_return problem(store_unavailable());
    if (!*revived) co_return problem(not_found("dead letter"));
    co_return json(200, R"({"state":"waiting"})");
}

/// Quoted when it must be; an apostrophe keeps spreadsheets from running it.
void append_cell(std::string& out, std::string_view text) {
    const bool formula = !text.empty() && std::string_view{"=+-@\t\r"}.find(text.front()) != std::string_view::npos;
    const bool quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
    if (quoted) out += '"';
    if (formula) out += '\'';
    for (const char c : text) {
        if (c == '"') out += '"';
        out += c;
    }
    if (quoted) out += '"';
}

void append_row(std::string& out, const std::vector<std::string_view>& cells) {
    for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) out += ',';
        append_cell(out, cells[i]);
    }
    out += "\r\n";
}

}  // namespace

std::string orders_csv(const std::vector<domain::Order>& orders, bool with_header) {
    std::string out;
    if (with_header)
        append_row(out, {"order",
                         "number",
                         "state",
                         "placed_at",
                         "customer",
                         "sku",
                         "quantity",
                         "unit_price_minor",
                         "order_total_minor",
                         "shipping_minor",
                         "currency",
                         "payment",
                         "tracking",
                         "recipient",
                         "line1",
                         "line2",
                         "city",
                         "postal_code",
                         "country",
                         "phone"});
    for (const auto& order : orders) {
        const std::string id = order.id.to_string();
        const std::string number = order_number(order.id);
        const std::string placed = to_rfc3339(to_unix_ms(order.placed_at));
        const std::string customer = order.customer.to_string();
        const std::string total = std::to_string(order.total.amount_minor);
        const std::string shipping = std::to_string(order.shipping.amount_minor);
        const std::string payment = order.payment ? order.payment->to_string() : std::string{};
        const auto& to = order.address;
        for (const auto& line : order.lines) {
            const std::string quantity = std::to_string(line.quantity);
            const std::string price = std::to_string(line.unit_price_minor);
            append_row(out, {id,
                             number,
                             domain::to_string(order.state),
                             placed,
                             customer,
                             line.sku,
                             quantity,
                             price,
                             total,
                             shipping,
                             order.total.currency.code(),
                             payment,
                             order.tracking,
                             to.recipient,
                             to.line1,
                             to.line2,
                             to.city,
                             to.postal_code,
                             to.country,
                             to.phone});
        }
    }
    return out;
}

std::vector<Route> fulfilment_routes(Fulfil& fulfil, EventBus& bus) {
    std::vector<Route> routes;
    const auto read = [&routes](std::string_view pattern, std::string_view operation, std::string_view summary,
                                std::string_view response_schema, Handler handle) {
        routes.push_back({.method = Method::get,
                          .pattern = pattern,
                          .operation_id = operation,
                          .summary = summary,
                          .access = Access::operator_,
                          .request_schema = {},
                          .response_schema = response_schema,
                          .statuses = kReadStatuses,
                          .handle = std::move(handle),
                          .handle_now = {}});
    };
    const auto act = [&routes](std::string_view pattern, std::string_view operation, std::string_view summary,
                               std::string_view request_schema, std::string_view response_schema, Handler handle) {
        routes.push_back({.method = Method::post,
                          .pattern = pattern,
                          .operation_id = operation,
                          .summary = summary,
                          .access = Access::operator_,
                          .request_schema = request_schema,
                          .response_schema = response_schema,
                          .statuses = kStepStatuses,
                          .handle = std::move(handle),
                          .handle_now = {}});
    };
    const auto step = [&](std::string_view pattern, std::string_view operation, std::string_view summary,
                          PlainStep which) {
        act(pattern, operation, summary, {}, "Order",
            [&fulfil, which](const Request& request) { return post_step(fulfil, which, request); });
    };
    read("/admin/v1/orders/export", "exportOrders", "Orders as CSV, one row a line, newest first", "OrderExport",
         [&fulfil](const Request& request) { return get_export(fulfil, request); });
    routes.back().parameters = kListParameters;
    read("/admin/v1/orders", "listAllOrders", "Orders of all customers, newest first", "OrderList",
         [&fulfil](const Request& request) { return get_orders(fulfil, request); });
    routes.back().parameters = kListParameters;
    read("/admin/v1/orders/{order}", "getOrderAsOperator", "One order", "Order",
         [&fulfil](const Request& request) { return get_order(fulfil, request); });
    step("/admin/v1/orders/{order}/prepare", "prepareOrder", "The goods are being packed", PlainStep::prepare);
    act("/admin/v1/orders/{order}/ship", "shipOrder", "The goods have left", "ShipRequest", "Order",
        [&fulfil](const Request& request) { return post_ship(fulfil, request); });
    step("/admin/v1/orders/{order}/deliver", "deliverOrder", "The goods have arrived", PlainStep::deliver);
    step("/admin/v1/orders/{order}/cancel", "cancelOrderAsOperator", "Give up an order that is not paid",
         PlainStep::cancel);
    step("/admin/v1/orders/{order}/return", "returnOrderAsOperator", "The goods have come back", PlainStep::give_back);
    act("/admin/v1/orders/{order}/refund", "refundOrder", "Give the money back, with or without restocking",
        "RefundRequest", "Order", [&fulfil](const Request& request) { return post_refund(fulfil, request); });
    routes.back().statuses = kRefundStatuses;
    read("/admin/v1/dead-letters", "listDeadLetters", "Events that a consumer could not take", "DeadLetterList",
         [&bus](const Request& request) { return get_dead_letters(bus, request); });
    routes.back().parameters = "cursor group";
    act("/admin/v1/dead-letters/{group}/{position}/retry", "retryDeadLetter", "Deliver an event again", {},
        "DeadLetterRetried", [&bus](const Request& request) { return post_retry(bus, request); });
    return routes;
}

}  // namespace marketday::http
