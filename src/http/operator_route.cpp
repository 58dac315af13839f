#include "http/operator_route.hpp"

#include <fmt/format.h>

#include <charconv>

#include "base/text.hpp"
#include "http/body_reader.hpp"

namespace marketday::http {

Route operator_route(const OperatorRoute& about, Handler handle) {
    return {.method = about.method,
            .pattern = about.pattern,
            .operation_id = about.operation,
            .summary = about.summary,
            .access = Access::operator_,
            .request_schema = about.request_schema,
            .response_schema = about.response_schema,
            .statuses = about.statuses,
            .handle = std::move(handle),
            .handle_now = {},
            .parameters = about.parameters};
}

std::optional<Problem> read_limit(const Request& request, std::size_t max, std::size_t& limit) {
    const auto given = request.query_param("limit");
    if (!given) return std::nullopt;
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
    if (error != std::errc{} || end != given->data() + given->size() || number < 1 || number > max)
        return invalid_request(fmt::format("\"limit\" must be a whole number from 1 to {}.", max));
    limit = number;
    return std::nullopt;
}

std::optional<Problem> read_time(const Request& request, std::string_view name, std::optional<WallTime>& time) {
    auto given = request.query_param(name);
    if (!given) return std::nullopt;
    if (given->size() == 10) *given += "T00:00:00Z";
    const auto ms = from_rfc3339(*given);
    if (!ms) return invalid_request(fmt::format("\"{}\" must be a time such as 2026-11-21T05:00:00Z, or a day.", name));
    time = from_unix_ms(*ms);
    return std::nullopt;
}

std::optional<std::int64_t> parse_position(std::string_view text) {
    std::int64_t position = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), position);
    if (error != std::errc{} || end != text.data() + text.size() || position < 1) return std::nullopt;
    return position;
}

bool is_dry_run(const Request& request) {
    const auto given = request.query_param("dry_run");
    return given && *given != "0" && *given != "false";
}

}  // namespace marketday::http
