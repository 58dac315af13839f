#include <fmt/format.h>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_gate.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using ports::OperatorsLog;

constexpr int kStatuses[] = {200, 400, 401, 503};

std::string_view outcome_of(const OperatorsLog::Entry& entry) {
    if (!entry.ending || entry.ending->problem == "outcome-unknown") return "unknown";
    if (entry.ending->status < 400) return "done";
    return entry.ending->status < 500 ? "refused" : "failed";
}

void append_entry(std::string& out, const OperatorsLog::Entry& entry) {
    fmt::format_to(std::back_inserter(out), R"({{"entry":{},"at":)", entry.number);
    append_time(out, entry.at);
    const auto text = [&out](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
        log::append_json_string(out, value);
    };
    text("operator", entry.who);
    text("operation", entry.operation);
    text("target", entry.target);
    text("outcome", outcome_of(entry));
    out += ",\"status\":";
    out += entry.ending ? std::to_string(entry.ending->status) : "null";
    if (entry.ending && !entry.ending->problem.empty())
        text("problem", entry.ending->problem);
    else
        out += ",\"problem\":null";
    text("trace_id", entry.trace_id);
    fmt::format_to(std::back_inserter(out), R"(,"dry_run":{},"details":{}}})", entry.dry_run,
                   entry.details.empty() ? "{}" : entry.details);
}

/// GET /admin/v1/operators-log?operator=&operation=&target=&from=&to=&limit=&cursor=: 200, 400, 401, 503. Newest first.
Task<Response> get_log(OperatorsLog& log, const Request& request) {
    OperatorsLog::Query query;
    std::size_t page = 50;
    if (const auto wrong = read_limit(request, OperatorsLog::kPageMax - 1, page)) co_return problem(*wrong);
    if (const auto wrong = read_time(request, "from", query.from)) co_return problem(*wrong);
    if (const auto wrong = read_time(request, "to", query.to)) co_return problem(*wrong);
    if (const auto cursor = request.query_param("cursor")) {
        query.before = parse_position(*cursor);
        if (!query.before) co_return problem(invalid_request("\"cursor\" must be the next_cursor of an earlier page."));
    }
    query.who = request.query_param("operator");
    query.operation = request.query_param("operation");
    query.target = request.query_param("target");
    query.entries_max = page + 1;
    auto entries = co_await log.list(std::move(query));
    if (!entries) co_return problem(store_unavailable());
    const bool more = entries->size() > page;
    if (more) entries->resize(page);
    std::string body = "{\"items\":[";
    for (const auto& entry : *entries) {
        if (body.back() != '[') body += ',';
        append_entry(body, entry);
    }
    body += "],\"next_cursor\":";
    body += more ? fmt::format("\"{}\"", entries->back().number) : "null";
    body += '}';
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

}  // namespace

std::vector<Route> operators_log_routes(OperatorsLog& log) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/operators-log",
                                     .operation = "listOperatorsLog",
                                     .summary = "What operators did, newest first",
                                     .response_schema = "OperatorsLog",
                                     .statuses = kStatuses,
                                     .parameters = "operator operation target from to limit cursor"},
                                    [&log](const Request& request) { return get_log(log, request); }));
    return routes;
}

}  // namespace marketday::http
