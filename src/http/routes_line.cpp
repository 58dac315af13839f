#include "http/routes_line.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/assert.hpp"
#include "base/async/wait.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using usecases::StandInLine;

constexpr int kJoinStatuses[] = {200, 401, 403, 404, 429, 503};
constexpr int kPollStatuses[] = {200, 400, 404, 503};
constexpr int kLeaveStatuses[] = {204, 400, 401, 403, 404, 503};
constexpr int kDrawStatuses[] = {200, 400, 404, 503};
constexpr std::size_t kDrawEntriesPage = 5'000;
constexpr int kAdminDrawStatuses[] = {200, 400, 401, 404, 503};
constexpr std::size_t kDrawEntriesShown = 10;

Response error_response(StandInLine::Error error) {
    switch (error) {
        case StandInLine::Error::no_line: return problem(not_found("line"));
        case StandInLine::Error::bad_ticket:
            return problem({400,
                            "invalid-ticket",
                            "This is not a ticket of this line.",
                            "Send the ticket as it was given in the header X-Ticket, or join the line.",
                            {},
                            {}});
        case StandInLine::Error::too_many_joins:
            return problem({429,
                            "too-many-joins",
                            "Too many have joined from here.",
                            "Wait a moment, then join again.",
                            {},
                            seconds{5}});
        case StandInLine::Error::line_full:
            return problem(
                {503, "line-full", "The line can take no more people.", "Try again later.", {}, seconds{30}});
        case StandInLine::Error::unavailable:
            return problem({503,
                            "unavailable",
                            "The line could not be reached.",
                            "Join again: an account has one ticket, however often it asks.",
                            {},
                            seconds{1}});
    }
    MD_ASSERT(false);
}

void append_number(std::string& body, std::string_view name, const std::optional<std::int64_t>& value) {
    body += name;
    if (value)
        fmt::format_to(std::back_inserter(body), "{}", *value);
    else
        body += "null";
}

Response standing_response(const Result<StandInLine::Standing, StandInLine::Error>& answer) {
    if (!answer) return error_response(answer.error());
    const StandInLine::Standing& standing = *answer;
    std::string body;
    body.reserve(384);
    body += R"({"ticket":")";
    body += standing.ticket;  // base64url: nothing to escape
    body += R"(","state":")";
    body += usecases::to_string(standing.state);
    append_number(body, R"(","place":)", standing.place);
    append_number(body, R"(,"ahead":)", standing.ahead);
    append_number(body, R"(,"wait_s":)", standing.wait_s);
    append_number(body, R"(,"poll_after_ms":)", standing.poll_after.count());
    if (standing.state == StandInLine::State::admitted) {
        body += R"(,"admission":")";
        body += standing.admission;
        body += R"(","admission_expires_at":)";
        append_time(body, *standing.admission_expires);
        body += '}';
    } else {
        body += R"(,"admission":null,"admission_expires_at":null})";
    }
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::optional<SaleId> sale_of(const Request& request) { return SaleId::parse(request.param(0)); }

/// POST /api/v1/sales/{sale}/line: 200 with the ticket, new or the one the account has; 401, 404, 429, 503.
std::optional<Response> join_now(StandInLine& line, const Request& request) {
    const auto sale = sale_of(request);
    if (!sale) return problem(not_found("sale"));
    MD_ASSERT(request.session != nullptr);
    const auto answer = line.join_now(*sale, request.session->customer);
    if (!answer) return std::nullopt;
    return standing_response(*answer);
}

Task<Response> join(StandInLine& line, SaleId sale, CustomerId customer, StandInLine::ClientBytes client,
                    Instant deadline) {
    const auto answer = co_await line.join(sale, customer, client, deadline);
    co_return standing_response(answer);
}

/// GET /api/v1/sales/{sale}/line, X-Ticket: 200, 400 not a ticket, 404, 503. No I/O while the line is in memory.
std::optional<Response> poll_now(StandInLine& line, const Request& request) {
    const auto sale = sale_of(request);
    if (!sale) return problem(not_found("sale"));
    const auto answer = line.poll_now(*sale, request.header("X-Ticket"));
    if (!answer) return std::nullopt;
    return standing_response(*answer);
}

Task<Response> poll(StandInLine& line, SaleId sale, std::string ticket, Instant deadline) {
    const auto answer = co_await line.poll(sale, std::move(ticket), deadline);
    co_return standing_response(answer);
}

/// DELETE /api/v1/sales/{sale}/line, X-Ticket: 204 the place is given up; 400, 401, 404, 503.
Task<Response> leave(StandInLine& line, SaleId sale, CustomerId customer, std::string ticket, Instant deadline) {
    const auto left = co_await line.leave(sale, customer, std::move(ticket), deadline);
    if (!left) co_return error_response(left.error());
    Response response;
    response.status = 204;
    co_return response;
}

Task<Response> fail_with(Response response) { co_return response; }

void append_hash(std::string& body, std::string_view name, const std::optional<Hash256>& hash) {
    body += name;
    if (hash)
        fmt::format_to(std::back_inserter(body), "\"{}\"", to_hex(*hash));
    else
        body += "null";
}

Response draw_response(const StandInLine::DrawPage& page) {
    const domain::PublishedDraw& draw = page.published;
    std::string body;
    body.reserve(512 + draw.entries.size() * 35);
    fmt::format_to(std::back_inserter(body), R"({{"sale":"{}","drawn":{},"commitment":"{}","public_value":)",
                   draw.sale.to_string(), page.drawn, to_hex(draw.commitment));
    log::append_json_string(body, draw.public_value);
    append_hash(body, ",\"root\":", draw.root);
    append_hash(body, ",\"secret\":", draw.secret);
    fmt::format_to(std::back_inserter(body), R"(,"entries_total":{},"entries":[)", page.entries_total);
    for (std::size_t i = 0; i < draw.entries.size(); ++i) {
        body += i == 0 ? "\"" : ",\"";
        body += to_hex(draw.entries[i]);
        body += '"';
    }
    body += "],\"next_cursor\":";
    if (page.next_entry == 0)
        body += "null}";
    else
        fmt::format_to(std::back_inserter(body), "\"{}\"}}", page.next_entry);
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=5");
    return response;
}

/// GET /api/v1/sales/{sale}/draw?cursor=: 200, 400, 404, 503. What is needed to check the draw: domain/draw.hpp.
Task<Response> get_draw(StandInLine& line, const Request& request) {
    const auto sale = sale_of(request);
    if (!sale) co_return problem(not_found("sale"));
    std::size_t first = 0;
    if (const auto cursor = request.query_param("cursor")) {
        const char* end = cursor->data() + cursor->size();
        const auto parsed = std::from_chars(cursor->data(), end, first);
        if (parsed.ec != std::errc{} || parsed.ptr != end)
            co_return problem({400,
                               "invalid-request",
                               "The cursor is not one of ours.",
                               "Use next_cursor of the page before.",
                               {},
                               {}});
    }
    const auto page = co_await line.draw(*sale, first, kDrawEntriesPage, request.deadline);
    if (!page) co_return error_response(page.error());
    co_return draw_response(*page);
}

/// Asks the line on its own executor.
Task<void> ask_draw(StandInLine* line, SaleId sale, Instant deadline, Resumer<Response> answer) {
    const auto page = co_await line->draw(sale, 0, kDrawEntriesShown, deadline);
    Response response = page ? draw_response(*page) : error_response(page.error());
    answer(std::move(response));
}

/// GET /admin/v1/sales/{sale}/draw: 200, 401, 404, 503.
Task<Response> get_draw_as_operator(StandInLine& line, Executor& shop, SaleId sale, Instant deadline) {
    Response response = co_await suspend_for<Response>([&](Resumer<Response> answer) {
        shop.soon([&line, &shop, sale, deadline, answer] {
            spawn(shop, "line.draw", ask_draw(&line, sale, deadline, answer));
        });
    });
    co_return response;
}

}  // namespace

std::vector<Route> admin_line_routes(StandInLine& line, Executor& shop) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/sales/{sale}/draw",
                                     .operation = "getDrawAsOperator",
                                     .summary = "The proof of a sale's draw, with the first of its entries",
                                     .response_schema = "Draw",
                                     .statuses = kAdminDrawStatuses},
                                    [&line, &shop](const Request& request) {
                                        const auto sale = sale_of(request);
                                        if (!sale) return fail_with(problem(not_found("sale")));
                                        return get_draw_as_operator(line, shop, *sale, request.deadline);
                                    }));
    return routes;
}

std::vector<Route> line_routes(StandInLine& line) {
    std::vector<Route> routes;
    routes.push_back({.method = Method::post,
                      .pattern = "/api/v1/sales/{sale}/line",
                      .operation_id = "joinLine",
                      .summary = "Join the line of a sale, or see the ticket one has.",
                      .access = Access::session,
                      .request_schema = {},
                      .response_schema = "LineStanding",
                      .statuses = kJoinStatuses,
                      .handle =
                          [&line](const Request& request) {
                              const auto sale = sale_of(request);
                              if (!sale) return fail_with(problem(not_found("sale")));
                              return join(line, *sale, request.session->customer, request.client.bytes,
                                          request.deadline);
                          },
                      .handle_now = [&line](const Request& request) { return join_now(line, request); }});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/sales/{sale}/line",
                      .operation_id = "pollLine",
                      .summary = "See where one stands, with the ticket in X-Ticket.",
                      .request_schema = {},
                      .response_schema = "LineStanding",
                      .statuses = kPollStatuses,
                      .handle =
                          [&line](const Request& request) {
                              const auto sale = sale_of(request);
                              if (!sale) return fail_with(problem(not_found("sale")));
                              return poll(line, *sale, std::string{request.header("X-Ticket")}, request.deadline);
                          },
                      .handle_now = [&line](const Request& request) { return poll_now(line, request); },
                      .parameters = "X-Ticket"});
    routes.push_back({.method = Method::del,
                      .pattern = "/api/v1/sales/{sale}/line",
                      .operation_id = "leaveLine",
                      .summary = "Give one's place up, with the ticket in X-Ticket.",
                      .access = Access::session,
                      .request_schema = {},
                      .response_schema = {},
                      .statuses = kLeaveStatuses,
                      .handle =
                          [&line](const Request& request) {
                              const auto sale = sale_of(request);
                              if (!sale) return fail_with(problem(not_found("sale")));
                              return leave(line, *sale, request.session->customer,
                                           std::string{request.header("X-Ticket")}, request.deadline);
                          },
                      .handle_now = {},
                      .parameters = "X-Ticket"});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/sales/{sale}/draw",
                      .operation_id = "getDraw",
                      .summary = "What is needed to check the draw of a sale's line.",
                      .request_schema = {},
                      .response_schema = "Draw",
                      .statuses = kDrawStatuses,
                      .handle = [&line](const Request& request) { return get_draw(line, request); },
                      .handle_now = {},
                      .parameters = "cursor"});
    return routes;
}

}  // namespace marketday::http
