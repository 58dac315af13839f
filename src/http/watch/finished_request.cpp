#include "http/watch/finished_request.hpp"

#include <algorithm>

namespace marketday::http {
namespace {

constexpr std::size_t kTraceAt = 3;  // of "00-<32>-<16>-<2>"
constexpr std::size_t kParentAt = 36;

template <std::size_t N>
void put(std::array<char, N>& at, std::string_view text) {
    at.fill('0');
    std::copy_n(text.data(), std::min(text.size(), N), at.data());
}

std::int64_t us(std::int64_t ns) { return ns / 1000; }

}  // namespace

FinishedRequest finished_request(std::string_view listener, const Request& request, const Route* route, int status,
                                 std::chrono::nanoseconds took) {
    FinishedRequest done;
    const auto unix_now = std::chrono::system_clock::now().time_since_epoch();
    const Instant begun = std::chrono::steady_clock::now() - took;
    done.start_unix_us = us(std::chrono::duration_cast<std::chrono::nanoseconds>(unix_now - took).count());
    done.took_us = us(took.count());
    done.listener = listener;
    done.route = route != nullptr ? route->pattern : std::string_view{};
    done.method = request.method;
    done.status = status;
    put(done.trace_id, request.trace_id);
    put(done.span_id, request.span_id);
    // The server took the trace over only from a valid header; then its parent is there too.
    const std::string_view parent = request.header("traceparent");
    const bool continued = parent.size() >= kParentAt + 16 && parent.substr(kTraceAt, 32) == request.trace_id;
    put(done.parent_span_id, continued ? parent.substr(kParentAt, 16) : std::string_view{});
    if (request.trace == nullptr) return done;
    for (const Trace::Span& span : request.trace->spans()) {
        done.spans[done.spans_count++] = {span.name,
                                          std::max<std::int64_t>(0, us(span.begin - begun.time_since_epoch().count())),
                                          us(span.end - span.begin)};
    }
    return done;
}

}  // namespace marketday::http
