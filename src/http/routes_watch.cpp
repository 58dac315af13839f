#include "http/routes_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kPageMax = 500;
constexpr int kStatuses[] = {200, 400};
constexpr int kStreamStatuses[] = {200, 503};

std::optional<std::int64_t> parse_whole(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
    return number;
}

Response no_store(Response response) {
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

bool is_set(const std::optional<std::string>& flag) { return flag && *flag != "0" && *flag != "false"; }

/// Thousandths of a millisecond.
std::string in_ms(std::int64_t us) { return fmt::format("{}.{:03}", us / 1000, us % 1000); }

/// Cursor and limit, as all lists have them.
struct Page {
    std::size_t limit = 50;
    std::optional<std::uint64_t> before;
};
std::optional<Problem> read_page(const Request& request, Page& page) {
    if (auto wrong = read_limit(request, kPageMax, page.limit)) return wrong;
    if (const auto cursor = request.query_param("cursor")) {
        const auto position = parse_position(*cursor);
        if (!position) return invalid_request("\"cursor\" must be the next_cursor of an earlier page.");
        page.before = static_cast<std::uint64_t>(*position);
    }
    return std::nullopt;
}

/// GET /admin/v1/board?series=&seconds=: 200, 400, 401.
Response get_board(const Board& board, const Request& request) {
    std::vector<BoardSeries> series;
    if (const auto names = request.query_param("series")) {
        std::string_view rest = *names;
        while (!rest.empty()) {
            const auto one = parse_board_series(take_until(rest, ','));
            if (!one) return problem(invalid_request("\"series\" must name series of the board, between commas."));
            series.push_back(*one);
        }
    } else {
        for (std::size_t i = 0; i < kBoardSeries; ++i) series.push_back(static_cast<BoardSeries>(i));
    }
    std::int64_t seconds = BoardHistory::kSeconds;
    if (const auto text = request.query_param("seconds")) {
        const auto number = parse_whole(*text);
        if (!number || *number < 1 || *number > BoardHistory::kSeconds)
            return problem(invalid_request("\"seconds\" must be 1 to 3600."));
        seconds = *number;
    }
    return no_store(json(200, board.json(series, seconds)));
}

/// GET /admin/v1/board/stream: 200 text/event-stream, 401, 503. Goes on after Last-Event-ID.
Response get_board_stream(Board& board, const Request& request) {
    const auto last = parse_whole(request.header("last-event-id"));
    Response response;
    response.stream = board.watch(last.value_or(0));
    return response;
}

void append_trace(std::string& out, const FinishedRequest& done) {
    fmt::format_to(std::back_inserter(out), R"({{"trace_id":"{}","at":"{}","listener":"{}","method":"{}","route":)",
                   done.trace(), to_rfc3339(done.start_unix_us / 1000), done.listener, to_string(done.method));
    log::append_json_string(out, done.route);
    fmt::format_to(std::back_inserter(out), R"(,"status":{},"duration_ms":{},"spans":[)", done.status,
                   in_ms(done.took_us));
    for (std::size_t i = 0; i < done.spans_count; ++i) {
        const auto& span = done.spans[i];
        fmt::format_to(std::back_inserter(out), R"({}{{"name":"{}","start_ms":{},"duration_ms":{}}})", i > 0 ? "," : "",
                       span.name, in_ms(span.start_us), in_ms(std::max<std::int64_t>(0, span.took_us)));
    }
    out += "]}";
}

/// GET /admin/v1/traces?slow=&failed=&ordered=&min_ms=&trace_id=&limit=&cursor=: 200, 400, 401. Newest first.
Response get_traces(const TraceStore& traces, const Request& request) {
    Page page;
    if (const auto wrong = read_page(request, page)) return problem(*wrong);
    TraceStore::Query query;
    const bool slow = is_set(request.query_param("slow"));
    const bool failed = is_set(request.query_param("failed"));
    const bool ordered = is_set(request.query_param("ordered"));
    const bool any = !slow && !failed && !ordered;
    query.slow = slow || any;
    query.failed = failed || any;
    query.ordered = ordered || any;
    if (const auto text = request.query_param("min_ms")) {
        const auto number = parse_whole(*text);
        if (!number || *number > 3'600'000) return problem(invalid_request("\"min_ms\" must be milliseconds."));
        query.min_us = *number * 1000;
    }
    query.trace_id = request.query_param("trace_id").value_or("");
    query.before = page.before;
    query.requests_max = page.limit + 1;
    auto found = traces.list(query);
    const bool more = found.size() > page.limit;
    if (more) found.resize(page.limit);
    std::string body = "{\"items\":[";
    for (const auto& kept : found) {
        if (body.back() != '[') body += ',';
        append_trace(body, kept.request);
    }
    body += more ? fmt::format("],\"next_cursor\":\"{}\"}}", found.back().number) : "],\"next_cursor\":null}";
    return no_store(json(200, std::move(body)));
}

std::optional<log::Level> parse_level(std::string_view name) {
    for (const auto level : {log::Level::debug, log::Level::info, log::Level::warn, log::Level::error})
        if (to_string(level) == name) return level;
    return std::nullopt;
}

void append_event(std::string& out, const LogStore::Event& event) {
    fmt::format_to(std::back_inserter(out), R"({{"at":"{}","level":"{}","event":)", to_rfc3339(event.unix_ms),
                   to_string(event.level));
    log::append_json_string(out, event.event);
    out += ",\"trace_id\":";
    if (event.trace_id.empty())
        out += "null";
    else
        log::append_json_string(out, event.trace_id);
    out += ",\"fields\":";
    out += event.fields_json;
    out += '}';
}

/// GET /admin/v1/logs?trace_id=&level=&q=&limit=&cursor=: 200, 400, 401. Newest first.
Response get_logs(const LogStore& logs, const Request& request) {
    Page page;
    if (const auto wrong = read_page(request, page)) return problem(*wrong);
    LogStore::Query query;
    if (const auto name = request.query_param("level"); name && !name->empty()) {
        const auto level = parse_level(*name);
        if (!level) return problem(invalid_request("\"level\" must be debug, info, warn or error."));
        query.lowest = *level;
    }
    query.trace_id = request.query_param("trace_id").value_or("");
    query.text = request.query_param("q").value_or("");
    query.before = page.before;
    query.events_max = page.limit + 1;
    auto found = logs.list(query);
    const bool more = found.size() > page.limit;
    if (more) found.resize(page.limit);
    std::string body = "{\"items\":[";
    for (const auto& event : found) {
        if (body.back() != '[') body += ',';
        append_event(body, event);
    }
    body += more ? fmt::format("],\"next_cursor\":\"{}\"}}", found.back().number) : "],\"next_cursor\":null}";
    return no_store(json(200, std::move(body)));
}

Route at_once(const OperatorRoute& about, FastHandler handle) {
    Route route = operator_route(about, {});
    route.handle_now = std::move(handle);
    return route;
}

}  // namespace

std::vector<Route> watch_routes(Board& board, const TraceStore& traces, const LogStore& logs) {
    std::vector<Route> routes;
    routes.push_back(at_once({.pattern = "/admin/v1/board",
                              .operation = "getBoard",
                              .summary = "The last hour, a value a second and series",
                              .response_schema = "Board",
                              .statuses = kStatuses,
                              .parameters = "series seconds"},
                             [&board](const Request& request) { return get_board(board, request); }));
    routes.push_back(at_once({.pattern = "/admin/v1/board/stream",
                              .operation = "watchBoard",
                              .summary = "The board as server-sent events, one a second",
                              .response_schema = "BoardStream",
                              .statuses = kStreamStatuses,
                              .parameters = "Last-Event-ID"},
                             [&board](const Request& request) { return get_board_stream(board, request); }));
    routes.push_back(at_once({.pattern = "/admin/v1/traces",
                              .operation = "listTraces",
                              .summary = "Recent requests that were slow, failed or placed an order, with their spans",
                              .response_schema = "TraceList",
                              .statuses = kStatuses,
                              .parameters = "slow failed ordered min_ms trace_id limit cursor"},
                             [&traces](const Request& request) { return get_traces(traces, request); }));
    routes.push_back(at_once({.pattern = "/admin/v1/logs",
                              .operation = "listLogs",
                              .summary = "Recent log events",
                              .response_schema = "LogList",
                              .statuses = kStatuses,
                              .parameters = "trace_id level q limit cursor"},
                             [&logs](const Request& request) { return get_logs(logs, request); }));
    return routes;
}

}  // namespace marketday::http
