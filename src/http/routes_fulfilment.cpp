#include "http/routes_fulfilment.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"
#include "http/routes_orders.hpp"
#include "http/routes_payments.hpp"

namespace marketday::http {
namespace {

using usecases::Fulfil;

constexpr int kReadStatuses[] = {200, 400, 401, 404, 503};
constexpr int kStepStatuses[] = {200, 400, 401, 404, 409, 413, 503};
constexpr int kRefundStatuses[] = {200, 202, 400, 401, 404, 409, 413, 503};
constexpr std::string_view kListParameters = "limit cursor state sale customer number from to";
constexpr std::size_t kExportOrdersMax = 200;

Response order_response(int status, const domain::Order& order) {
    std::string body;
    append_order(body, order);
    return json(status, std::move(body));
}

/// What a step would do, instead of doing it.
Response would_response(const Fulfil::Preview& preview, bool money_returned) {
    const domain::Order& order = preview.order;
    std::string body = fmt::format(R"({{"would":{{"order":"{}","number":"{}","from":"{}","to":"{}","money_returned":)",
                                   order.id.to_string(), order_number(order.id), domain::to_string(order.state),
                                   domain::to_string(preview.next));
    if (money_returned)
        append_money(body, order.total);
    else
        body += "null";
    body += ",\"units\":[";
    for (const auto movement : preview.movements) {
        for (const auto& line : order.lines) {
            body += body.back() == '[' ? "{\"sku\":" : ",{\"sku\":";
            log::append_json_string(body, line.sku);
            fmt::format_to(std::back_inserter(body), R"(,"units":{},"movement":"{}"}})", line.quantity,
                           domain::to_string(movement));
        }
    }
    return json(200, body + "]}}");
}

Response answer(const Result<domain::Order, Fulfil::Refusal>& done) {
    return done ? order_response(200, *done) : fulfil_refused(done.error());
}

/// Narrows a range of ids; the narrower of two bounds holds.
void narrow(ports::OrderBook::OrderQuery& query, const OrderIdRange& range) {
    if (!query.from || *query.from < range.from) query.from = range.from;
    if (!query.before || range.before < *query.before) query.before = range.before;
}

/// What operators may ask for beside what shoppers may: a customer, an order's number, a time.
std::optional<Problem> read_search(const Request& request, ports::OrderBook::OrderQuery& query) {
    if (const auto wrong = read_order_query(request, query)) return wrong;
    if (const auto customer = request.query_param("customer")) {
        query.customer = CustomerId::parse(*customer);
        if (!query.customer) return invalid_request("\"customer\" must be a customer's id.");
    }
    if (const auto number = request.query_param("number"); number && !number->empty()) {
        const auto range = orders_of_number(*number);
        if (!range)
            return invalid_request("\"number\" must be an order's number, such as 0F3-01H3K7M2Q9-TXW4000, or its id.");
        narrow(query, *range);
    }
    std::optional<WallTime> from;
    std::optional<WallTime> to;
    if (const auto wrong = read_time(request, "from", from)) return wrong;
    if (const auto wrong = read_time(request, "to", to)) return wrong;
    if (from && (!query.from || *query.from < first_order_id(*from))) query.from = first_order_id(*from);
    if (to && (!query.before || first_order_id(*to) < *query.before)) query.before = first_order_id(*to);
    return std::nullopt;
}

/// GET /admin/v1/orders?limit=&cursor=&state=&sale=&customer=&number=&from=&to=: 200, 400, 401, 503. Newest first.
Task<Response> get_orders(Fulfil& fulfil, const Request& request) {
    ports::OrderBook::OrderQuery query;
    if (const auto wrong = read_search(request, query)) co_return problem(*wrong);
    const std::size_t page = query.orders_max;
    query.orders_max = page + 1;
    auto found = co_await fulfil.list(std::move(query));
    if (!found) co_return fulfil_refused(found.error());
    co_return json(200, order_list_json(std::move(*found), page));
}

void append_ledger(std::string& out, const std::vector<domain::LedgerEntry>& entries) {
    out += ",\"ledger\":[";
    for (const auto& entry : entries) {
        fmt::format_to(std::back_inserter(out), R"({}{{"sequence":{},"epoch":{},"at":)", out.back() == '[' ? "" : ",",
                       entry.sequence, entry.epoch);
        append_time(out, entry.at);
        fmt::format_to(std::back_inserter(out), R"(,"movement":"{}","sku":)", domain::to_string(entry.movement));
        log::append_json_string(out, entry.sku);
        fmt::format_to(std::back_inserter(out), R"(,"units":{},"hash":"{}"}})", entry.units, to_hex(entry.hash));
    }
    out += ']';
}

std::string_view payment_state(const Fulfil::Detail& detail, const ports::PaymentJournal::Entry& entry) {
    using Outcome = ports::PaymentJournal::Outcome;
    switch (entry.outcome) {
        case Outcome::declined: return "declined";
        case Outcome::voided: return "voided";
        case Outcome::open: break;
    }
    const bool captured = detail.order.payment == entry.payment && detail.order.captured_at;
    return captured ? "captured" : "open";
}

void append_payments(std::string& out, const Fulfil::Detail& detail) {
    out += ",\"payments\":[";
    for (const auto& entry : detail.payments) {
        fmt::format_to(std::back_inserter(out), R"({}{{"payment":"{}","state":"{}","at":)",
                       out.back() == '[' ? "" : ",", entry.payment.to_string(), payment_state(detail, entry));
        append_time(out, entry.opened_at);
        const auto refund =
            std::ranges::find(detail.refunds, entry.payment, &ports::PaymentJournal::RefundIntent::payment);
        if (refund == detail.refunds.end()) {
            out += ",\"refund\":null}";
            continue;
        }
        fmt::format_to(std::back_inserter(out), R"(,"refund":{{"restock":{},"tries":{},"intended_at":)",
                       refund->restock, refund->tries);
        append_time(out, refund->intended_at);
        out += ",\"done_at\":";
        if (refund->done_at)
            append_time(out, *refund->done_at);
        else
            out += "null";
        out += "}}";
    }
    out += ']';
}

/// GET /admin/v1/orders/{order}: 200, 401, 404, 503. With its ledger entries, its payments and the trace that placed
/// it.
Task<Response> get_order(Fulfil& fulfil, const OrderTraces& traces, const Request& request) {
    const auto id = OrderId::parse(request.param(0));
    if (!id) co_return problem(not_found("order"));
    const auto found = co_await fulfil.detail(*id);
    if (!found) co_return fulfil_refused(found.error());
    std::string body;
    append_order(body, found->order);
    body.pop_back();
    append_ledger(body, found->ledger);
    append_payments(body, *found);
    const auto trace = traces.trace_of(*id);
    body += trace ? fmt::format(",\"trace_id\":\"{}\"}}", *trace) : std::string{",\"trace_id\":null}"};
    co_return json(200, std::move(body));
}

/// GET /admin/v1/orders/export?cursor=&limit=&state=&sale=: 200 text/csv, 400, 401, 503. The next page's cursor stands
/// in X-Next-Cursor; only the first page has the header row.
Task<Response> get_export(Fulfil& fulfil, const Request& request) {
    ports::OrderBook::OrderQuery query;
    query.orders_max = kExportOrdersMax;
    if (const auto wrong = read_search(request, query)) co_return problem(*wrong);
    const bool first = !request.query_param("cursor");
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
    if (is_dry_run(request)) {
        const auto preview = co_await fulfil.preview_refund(*id, restock);
        co_return preview ? would_response(*preview, true) : fulfil_refused(preview.error());
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
            if (is_dry_run(request)) {
                const auto preview = co_await fulfil.preview_cancel(*id);
                co_return preview ? would_response(*preview, false) : fulfil_refused(preview.error());
            }
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

std::vector<Route> fulfilment_routes(Fulfil& fulfil, const OrderTraces& traces) {
    std::vector<Route> routes;
    const auto read = [&routes](std::string_view pattern, std::string_view operation, std::string_view summary,
                                std::string_view response_schema, Handler handle) {
        routes.push_back(operator_route({.pattern = pattern,
                                         .operation = operation,
                                         .summary = summary,
                                         .response_schema = response_schema,
                                         .statuses = kReadStatuses},
                                        std::move(handle)));
    };
    const auto act = [&routes](std::string_view pattern, std::string_view operation, std::string_view summary,
                               std::string_view request_schema, std::string_view response_schema, Handler handle) {
        routes.push_back(operator_route({.method = Method::post,
                                         .pattern = pattern,
                                         .operation = operation,
                                         .summary = summary,
                                         .request_schema = request_schema,
                                         .response_schema = response_schema,
                                         .statuses = kStepStatuses},
                                        std::move(handle)));
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
    read("/admin/v1/orders/{order}", "getOrderAsOperator", "One order, its ledger entries, its payments and its trace",
         "OrderDetail", [&fulfil, &traces](const Request& request) { return get_order(fulfil, traces, request); });
    step("/admin/v1/orders/{order}/prepare", "prepareOrder", "The goods are being packed", PlainStep::prepare);
    act("/admin/v1/orders/{order}/ship", "shipOrder", "The goods have left", "ShipRequest", "Order",
        [&fulfil](const Request& request) { return post_ship(fulfil, request); });
    step("/admin/v1/orders/{order}/deliver", "deliverOrder", "The goods have arrived", PlainStep::deliver);
    step("/admin/v1/orders/{order}/cancel", "cancelOrderAsOperator", "Give up an order that is not paid",
         PlainStep::cancel);
    routes.back().parameters = "dry_run";
    step("/admin/v1/orders/{order}/return", "returnOrderAsOperator", "The goods have come back", PlainStep::give_back);
    act("/admin/v1/orders/{order}/refund", "refundOrder", "Give the money back, with or without restocking",
        "RefundRequest", "Order", [&fulfil](const Request& request) { return post_refund(fulfil, request); });
    routes.back().statuses = kRefundStatuses;
    routes.back().parameters = "dry_run";
    return routes;
}

}  // namespace marketday::http
