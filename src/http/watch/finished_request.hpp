#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace marketday::http {

/// A request that has been answered, with its spans, for keeping. No personal data: the route, not the address asked.
struct FinishedRequest {
    struct Span {
        std::string_view name;      // a literal
        std::int64_t start_us = 0;  // from the request's own start
        std::int64_t took_us = 0;
    };

    std::int64_t start_unix_us = 0;
    std::int64_t took_us = 0;
    std::array<char, 32> trace_id{};
    std::array<char, 16> span_id{};
    std::array<char, 16> parent_span_id{};  // zeros: it began the trace
    std::string_view listener;              // a literal
    std::string_view route;                 // the pattern, a literal; empty when there was none
    Method method{};
    int status = 0;
    std::size_t spans_count = 0;
    std::array<Span, Trace::kSpansMax> spans{};

    std::string_view trace() const { return {trace_id.data(), trace_id.size()}; }
    bool failed() const { return status >= 500; }
};

FinishedRequest finished_request(std::string_view listener, const Request& request, const Route* route, int status,
                                 std::chrono::nanoseconds took);

}  // namespace marketday::http
