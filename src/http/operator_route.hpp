#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace marketday::http {

/// A route for operators, as all of them are made.
struct OperatorRoute {
    Method method = Method::get;
    std::string_view pattern;
    std::string_view operation;
    std::string_view summary;
    std::string_view request_schema = {};
    std::string_view response_schema = {};
    std::span<const int> statuses;
    std::string_view parameters = {};
};
Route operator_route(const OperatorRoute& about, Handler handle);

/// The number of `limit`, 1..`max`; `initial` when it is not given. A problem when it is no such number.
std::optional<Problem> read_limit(const Request& request, std::size_t max, std::size_t& limit);
/// A time in RFC 3339, or a day (2026-11-21: its first moment in UTC), of the query parameter `name`.
std::optional<Problem> read_time(const Request& request, std::string_view name, std::optional<WallTime>& time);
/// A whole number of 1 and more, as cursors of numbered lists are.
std::optional<std::int64_t> parse_position(std::string_view text);

/// Whether the caller wants to know what would happen, and nothing to happen: `?dry_run=1`.
bool is_dry_run(const Request& request);

}  // namespace marketday::http
