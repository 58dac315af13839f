#include "http/routes_customers.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_gate.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using ports::Account;
using usecases::Customers;
using usecases::Operators;

constexpr int kListStatuses[] = {200, 400, 401, 503};
constexpr int kOneStatuses[] = {200, 400, 401, 404, 503};
constexpr std::size_t kPageMax = 200;

void append_customer(std::string& out, const Account& account, bool masked) {
    fmt::format_to(std::back_inserter(out), R"({{"customer":"{}","email":)", account.id.to_string());
    log::append_json_string(out, masked ? usecases::masked_email(account.email) : account.email);
    fmt::format_to(std::back_inserter(out), R"(,"email_masked":{},"locale":"{}","verified":{},"created_at":)", masked,
                   domain::to_string(account.locale), account.verified);
    append_time(out, account.created_at);
    out += '}';
}

Response private_json(std::string body) {
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::string list_of(const std::vector<Account>& accounts, const std::optional<CustomerId>& next) {
    std::string body = "{\"items\":[";
    for (const auto& account : accounts) {
        if (body.back() != '[') body += ',';
        append_customer(body, account, true);
    }
    return body + "],\"next_cursor\":" + (next ? fmt::format("\"{}\"", next->to_string()) : "null") + "}";
}

/// GET /admin/v1/customers?email=&limit=&cursor=: 200, 400, 401, 503. The newest first.
Task<Response> get_customers(Customers& customers, const Request& request) {
    std::size_t page = 50;
    if (const auto wrong = read_limit(request, kPageMax, page)) co_return problem(*wrong);
    std::optional<CustomerId> before;
    if (const auto cursor = request.query_param("cursor")) {
        before = CustomerId::parse(*cursor);
        if (!before) co_return problem(invalid_request("\"cursor\" must be the next_cursor of an earlier page."));
    }
    if (auto email = request.query_param("email"); email && !email->empty()) {
        auto found = co_await customers.find_by_email(std::move(*email));
        if (!found) co_return problem(store_unavailable());
        std::vector<Account> one;
        if (*found) one.push_back(std::move(**found));
        co_return private_json(list_of(one, std::nullopt));
    }
    auto found = co_await customers.list(before, page + 1);
    if (!found) co_return problem(store_unavailable());
    std::optional<CustomerId> next;
    if (found->size() > page) {
        found->resize(page);
        next = found->back().id;
    }
    co_return private_json(list_of(*found, next));
}

/// GET /admin/v1/customers/{customer}: 200, 401, 404, 503.
Task<Response> get_customer(Customers& customers, Operators& operators, const Request& request) {
    const auto id = CustomerId::parse(request.param(0));
    if (!id) co_return problem(not_found("customer"));
    const auto* session = operators.cached(operator_token(request));
    const bool masked = session == nullptr || !session->may_change();
    const auto found = co_await customers.find(*id);
    if (!found) co_return problem(store_unavailable());
    if (!*found) co_return problem(not_found("customer"));
    std::string body;
    append_customer(body, **found, masked);
    co_return private_json(std::move(body));
}

}  // namespace

std::vector<Route> customers_routes(Customers& customers, Operators& operators) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/customers",
                                     .operation = "listCustomers",
                                     .summary = "Customers, the newest first, or the one of an e-mail address",
                                     .response_schema = "CustomerList",
                                     .statuses = kListStatuses,
                                     .parameters = "email limit cursor"},
                                    [&customers](const Request& r) { return get_customers(customers, r); }));
    routes.push_back(
        operator_route({.pattern = "/admin/v1/customers/{customer}",
                        .operation = "getCustomer",
                        .summary = "One customer",
                        .response_schema = "Customer",
                        .statuses = kOneStatuses},
                       [&customers, &operators](const Request& r) { return get_customer(customers, operators, r); }));
    return routes;
}

}  // namespace marketday::http
