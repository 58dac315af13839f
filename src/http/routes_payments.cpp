#include "http/routes_payments.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.hpp"
#include "http/body_reader.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using usecases::Fulfil;
using usecases::Pay;

constexpr int kPayStatuses[] = {200, 202, 400, 401, 402, 404, 409, 413, 422, 503};
constexpr int kStepStatuses[] = {200, 401, 404, 409, 503};

bool is_token(std::string_view token) {
    return std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
}

Response pay_refused(Pay::Refusal refusal) {
    switch (refusal) {
        case Pay::Refusal::not_found: return problem(not_found("order"));
        case Pay::Refusal::wrong_state:
            return problem({409,
                            "wrong-state",
                            "The order cannot be paid now.",
                            "It is paid, being paid, or its hold has ended: look at its state.",
                            {},
                            {}});
        case Pay::Refusal::in_flight:
            return problem({409,
                            "in-flight",
                            "A payment with this key is under way.",
                            "Wait for its answer, or repeat it with the same key in a moment.",
                            {},
                            seconds{1}});
        case Pay::Refusal::key_reused:
            return problem({422,
                            "key-reused",
                            "The key was used for another payment.",
                            "Use a new Idempotency-Key for a new attempt.",
                            {},
                            {}});
        case Pay::Refusal::declined:
            return problem({402,
                            "payment-declined",
                            "The payment was declined.",
                            "Nothing was taken. Try another card with a new key while the hold lasts.",
                            {},
                            {}});
        case Pay::Refusal::money_goes_back:
            return problem({409,
                            "payment-refunded",
                            "The payment came too late.",
                            "The hold had ended and nothing was left; the money goes back by itself.",
                            {},
                            {}});
        case Pay::Refusal::busy:
            return problem(
                {503, "busy", "More payments wait than can be taken.", "Try again with the same key.", {}, seconds{1}});
        case Pay::Refusal::unavailable:
            return problem(
                {503, "unavailable", "The store does not answer.", "Try again with the same key.", {}, seconds{2}});
        case Pay::Refusal::outcome_unknown:
            return problem({503,
                            "outcome-unknown",
                            "The store did not say what became of the payment.",
                            "Repeat the request with the same key to learn.",
                            {},
                            seconds{2}});
    }
    return problem(store_unavailable());
}

Response paid_response(const Pay::Paid& paid) {
    std::string body =
        fmt::format(R"({{"order":"{}","number":"{}","state":"{}","payment":"{}","total":)", paid.order.id.to_string(),
                    order_number(paid.order.id), domain::to_string(paid.order.state), paid.payment.to_string());
    append_money(body, paid.order.total);
    body += ",\"receipt\":";
    append_receipt(body, paid.order.receipt);
    body += '}';
    return json(200, std::move(body));
}

Response paying_response(const OrderId& order, const Pay::Paying& paying) {
    Response response = json(202, fmt::format(R"({{"order":"{}","number":"{}","state":"paying","payment":"{}"}})",
                                              order.to_string(), order_number(order), paying.payment.to_string()));
    response.headers.emplace_back("Retry-After", "2");
    response.headers.emplace_back("Location", "/api/v1/orders/" + order.to_string());
    return response;
}

/// POST /api/v1/orders/{order}/payment {method, token}: 200, 202 paying, 400, 401, 402 payment-declined, 404,
/// 409 wrong-state | in-flight | payment-refunded, 422 key-reused, 503.
Task<Response> post_payment(Pay& pay, const Request& request) {
    MD_ASSERT(request.session != nullptr);
    const auto order = OrderId::parse(request.param(0));
    if (!order) co_return problem(not_found("order"));
    Pay::Command command{.customer = request.session->customer,
                         .order = *order,
                         .key = std::string{request.header("Idempotency-Key")},
                         .token = {},
                         .deadline = request.deadline};
    {
        BodyReader body(request.body);
        const std::string method = body.text("method", {1, 20});
        command.token = body.text("token", {1, 64});
        if (!body.problem() && method != "card") body.refuse("method", "must be card");
        if (!body.problem() && !is_token(command.token)) body.refuse("token", "must be visible ASCII characters");
        if (const auto wrong = body.problem()) co_return problem(*wrong);
    }
    auto outcome = co_await pay.pay(std::move(command));
    if (!outcome) co_return pay_refused(outcome.error());
    if (const auto* paying = std::get_if<Pay::Paying>(&*outcome)) co_return paying_response(*order, *paying);
    co_return paid_response(std::get<Pay::Paid>(*outcome));
}

Response order_response(const domain::Order& order) {
    std::string body;
    append_order(body, order);
    return json(200, std::move(body));
}

/// POST /api/v1/orders/{order}/cancel: 200, 401, 404, 409 wrong-state, 503. Only before it is paid.
Task<Response> post_cancel(Fulfil& fulfil, const Request& request) {
    MD_ASSERT(request.session != nullptr);
    const auto order = OrderId::parse(request.param(0));
    if (!order) co_return problem(not_found("order"));
    const CustomerId customer = request.session->customer;
    const auto done = co_await fulfil.cancel(*order, customer);
    co_return done ? order_response(*done) : fulfil_refused(done.error());
}

/// POST /api/v1/orders/{order}/return: 200, 401, 404, 409 wrong-state, 503. Once it was shipped.
Task<Response> post_return(Fulfil& fulfil, const Request& request) {
    MD_ASSERT(request.session != nullptr);
    const auto order = OrderId::parse(request.param(0));
    if (!order) co_return problem(not_found("order"));
    const CustomerId customer = request.session->customer;
    const auto done = co_await fulfil.give_back(*order, customer);
    co_return done ? order_response(*done) : fulfil_refused(done.error());
}

}  // namespace

Response fulfil_refused(Fulfil::Refusal refusal) {
    switch (refusal) {
        case Fulfil::Refusal::not_found: return problem(not_found("order"));
        case Fulfil::Refusal::wrong_state:
            return problem(
                {409, "wrong-state", "The order's state does not allow this.", "Look at its present state.", {}, {}});
        case Fulfil::Refusal::refund_due:
            return problem(
                {409, "refund-due", "The order's money is on its way back.", "It is not sent any more.", {}, {}});
        case Fulfil::Refusal::unavailable: return problem(store_unavailable());
        case Fulfil::Refusal::outcome_unknown:
            return problem(
                {503, "outcome-unknown", "This may have happened or not.", "Repeating it is safe.", {}, seconds{2}});
    }
    return problem(store_unavailable());
}

std::vector<Route> payment_routes(Pay& pay, Fulfil& fulfil) {
    std::vector<Route> routes;
    routes.push_back({.method = Method::post,
                      .pattern = "/api/v1/orders/{order}/payment",
                      .operation_id = "payOrder",
                      .summary = "Pay an order; 202 while the bank has not answered",
                      .access = Access::session,
                      .idempotency_key = true,
                      .body_bytes_max = 4 * 1024,
                      .request_schema = "PaymentRequest",
                      .response_schema = "Payment",
                      .statuses = kPayStatuses,
                      .handle = [&pay](const Request& request) { return post_payment(pay, request); },
                      .handle_now = {}});
    routes.push_back({.method = Method::post,
                      .pattern = "/api/v1/orders/{order}/cancel",
                      .operation_id = "cancelOrder",
                      .summary = "Give up an order that is not paid",
                      .access = Access::session,
                      .request_schema = {},
                      .response_schema = "Order",
                      .statuses = kStepStatuses,
                      .handle = [&fulfil](const Request& request) { return post_cancel(fulfil, request); },
                      .handle_now = {}});
    routes.push_back({.method = Method::post,
                      .pattern = "/api/v1/orders/{order}/return",
                      .operation_id = "returnOrder",
                      .summary = "Send the goods of an order back",
                      .access = Access::session,
                      .request_schema = {},
                      .response_schema = "Order",
                      .statuses = kStepStatuses,
                      .handle = [&fulfil](const Request& request) { return post_return(fulfil, request); },
                      .handle_now = {}});
    return routes;
}

}  // namespace marketday::http
