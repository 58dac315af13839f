#include "http/routes_events.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/render.hpp"

namespace marketday::http {
namespace {

using ports::EventBus;

constexpr int kListStatuses[] = {200, 400, 401, 503};
constexpr int kRetryStatuses[] = {200, 401, 403, 404, 413, 503};
constexpr std::size_t kPageMax = 200;
constexpr std::size_t kLettersMax = 100;
constexpr std::size_t kBodyShownBytes = 4000;

/// One message of one group, whichever state it is in.
struct Shown {
    std::string_view state;
    std::int64_t position = 0;
    std::string_view group;
    const EventBus::Message& message;
    std::int64_t deliveries = 0;
    std::string_view reason;
    std::optional<WallTime> at;  // died, or due again
};

void append_shown(std::string& out, const Shown& shown) {
    const auto text = [&out](std::string_view name, std::string_view value) {
        fmt::format_to(std::back_inserter(out), ",\"{}\":", name);
        log::append_json_string(out, value);
    };
    fmt::format_to(std::back_inserter(out), R"({{"id":"{}-{}","state":"{}","position":{},"deliveries":{})",
                   shown.position, shown.group, shown.state, shown.position, shown.deliveries);
    text("group", shown.group);
    text("message", shown.message.id);
    text("topic", shown.message.topic);
    text("reason", shown.reason);
    out += ",\"at\":";
    if (shown.at)
        append_time(out, *shown.at);
    else
        out += "null";
    const std::string_view body = shown.message.body;
    std::size_t cut = std::min(body.size(), kBodyShownBytes);
    while (cut < body.size() && cut > 0 && (static_cast<unsigned char>(body[cut]) & 0xc0) == 0x80) --cut;
    fmt::format_to(std::back_inserter(out), R"(,"body_bytes":{})", body.size());
    text("body", body.substr(0, cut));
    out += '}';
}

std::string page_of(const std::vector<Shown>& items, bool more) {
    std::string body = "{\"items\":[";
    for (const auto& one : items) {
        if (body.back() != '[') body += ',';
        append_shown(body, one);
    }
    return body + "],\"next_cursor\":" + (more ? fmt::format("\"{}\"", items.back().position) : "null") + "}";
}

/// GET /admin/v1/events?state=dead|pending&topic=&group=&limit=&cursor=: 200, 400, 401, 503. Dead ones newest first,
/// pending ones oldest first.
Task<Response> get_events(EventBus& bus, const Request& request) {
    std::size_t page = 100;
    if (const auto wrong = read_limit(request, kPageMax, page)) co_return problem(*wrong);
    std::int64_t position = 0;
    if (const auto cursor = request.query_param("cursor")) {
        const auto parsed = parse_position(*cursor);
        if (!parsed) co_return problem(invalid_request("\"cursor\" must be the next_cursor of an earlier page."));
        position = *parsed;
    }
    const std::string state = request.query_param("state").value_or("dead");
    if (state != "dead" && state != "pending") co_return problem(invalid_request("\"state\" must be dead or pending."));
    const std::string topic = request.query_param("topic").value_or("");
    std::string group = request.query_param("group").value_or("");
    std::vector<Shown> items;
    if (state == "dead") {
        const auto letters = co_await bus.dead_letters(std::move(group), position, page);
        if (!letters) co_return problem(store_unavailable());
        for (const auto& one : *letters) {
            if (topic.empty() || one.message.topic == topic)
                items.push_back(
                    {"dead", one.position, one.group, one.message, one.deliveries, one.reason, one.died_at});
        }
        const bool more = letters->size() == page && !items.empty();
        co_return json(200, page_of(items, more));
    }
    auto same_topic = topic;
    const auto waiting = co_await bus.waiting(std::move(group), std::move(same_topic), position, page);
    if (!waiting) co_return problem(store_unavailable());
    for (const auto& one : *waiting)
        items.push_back({"pending", one.position, one.group, one.message, one.deliveries, one.reason, one.due_at});
    co_return json(200, page_of(items, waiting->size() == page));
}

/// POST /admin/v1/events/{event}/retry: 200, 401, 403, 404, 503. A dead one is delivered again as if new; one that
/// waits for its next try need not wait.
Task<Response> post_retry(EventBus& bus, const Request& request) {
    const std::string_view id = request.param(0);
    const std::size_t dash = id.find('-');
    const auto position = parse_position(id.substr(0, dash));
    if (!position || dash == std::string_view::npos) co_return problem(not_found("event"));
    std::string group{id.substr(dash + 1)};
    auto same_group = group;
    const auto revived = co_await bus.revive(std::move(same_group), *position);
    if (!revived) co_return problem(store_unavailable());
    if (*revived) co_return json(200, R"({"state":"pending"})");
    const auto hurried = co_await bus.hurry(std::move(group), *position);
    if (!hurried) co_return problem(store_unavailable());
    if (!*hurried) co_return problem(not_found("event"));
    co_return json(200, R"({"state":"pending"})");
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

/// GET /admin/v1/dead-letters?group=&cursor=: 200, 400, 401, 503. Newest first.
Task<Response> get_dead_letters(EventBus& bus, const Request& request) {
    std::int64_t before = 0;
    if (const auto cursor = request.query_param("cursor")) {
        const auto position = parse_position(*cursor);
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
Task<Response> post_letter_retry(EventBus& bus, const Request& request) {
    const auto position = parse_position(request.param(1));
    if (!position) co_return problem(not_found("dead letter"));
    std::string group{request.param(0)};
    const auto revived = co_await bus.revive(std::move(group), *position);
    if (!revived) co_return problem(store_unavailable());
    if (!*revived) co_return problem(not_found("dead letter"));
    co_return json(200, R"({"state":"waiting"})");
}

}  // namespace

std::vector<Route> events_routes(EventBus& bus) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.pattern = "/admin/v1/events",
                                     .operation = "listEvents",
                                     .summary = "Events that a consumer could not take, or is not done with",
                                     .response_schema = "EventList",
                                     .statuses = kListStatuses,
                                     .parameters = "event-state topic group limit cursor"},
                                    [&bus](const Request& request) { return get_events(bus, request); }));
    routes.push_back(operator_route({.method = Method::post,
                                     .pattern = "/admin/v1/events/{event}/retry",
                                     .operation = "retryEvent",
                                     .summary = "Deliver an event again, or at once",
                                     .response_schema = "DeadLetterRetried",
                                     .statuses = kRetryStatuses},
                                    [&bus](const Request& request) { return post_retry(bus, request); }));
    routes.push_back(operator_route({.pattern = "/admin/v1/dead-letters",
                                     .operation = "listDeadLetters",
                                     .summary = "Events that a consumer could not take",
                                     .response_schema = "DeadLetterList",
                                     .statuses = kListStatuses,
                                     .parameters = "cursor group"},
                                    [&bus](const Request& request) { return get_dead_letters(bus, request); }));
    routes.push_back(operator_route({.method = Method::post,
                                     .pattern = "/admin/v1/dead-letters/{group}/{position}/retry",
                                     .operation = "retryDeadLetter",
                                     .summary = "Deliver an event again",
                                     .response_schema = "DeadLetterRetried",
                                     .statuses = kRetryStatuses},
                                    [&bus](const Request& request) { return post_letter_retry(bus, request); }));
    return routes;
}

}  // namespace marketday::http
