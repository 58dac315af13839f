#include <fmt/format.h>

#include "base/log.hpp"
#include "http/watch/trace_export.hpp"

namespace marketday::http {
namespace {

enum class Kind : int { internal = 1, server = 2 };

void append_attribute(std::string& json, std::string_view key, std::string_view value) {
    fmt::format_to(std::back_inserter(json), R"({{"key":"{}","value":{{"stringValue":)", key);
    log::append_json_string(json, value);
    json += "}}";
}

/// Another id of the same trace, from the request's own and the span's place.
std::string child_id(std::string_view span_id, std::size_t place) {
    std::uint64_t number = 0;
    for (const char c : span_id) number = number * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    // SplitMix64 (Steele, 2014): neighbours come out far apart.
    number += 0x9e3779b97f4a7c15ULL * (place + 1);
    number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9ULL;
    number = (number ^ (number >> 27)) * 0x94d049bb133111ebULL;
    return fmt::format("{:016x}", (number ^ (number >> 31)) | 1);
}

/// Times are in nanoseconds, and 64-bit numbers are strings in protobuf's JSON.
void append_head(std::string& json, const FinishedRequest& request, std::string_view span_id, std::string_view name,
                 Kind kind, std::int64_t start_us, std::int64_t took_us) {
    fmt::format_to(std::back_inserter(json), R"({{"traceId":"{}","spanId":"{}","name":)", request.trace(), span_id);
    log::append_json_string(json, name);
    fmt::format_to(std::back_inserter(json), R"(,"kind":{},"startTimeUnixNano":"{}000","endTimeUnixNano":"{}000")",
                   static_cast<int>(kind), request.start_unix_us + start_us,
                   request.start_unix_us + start_us + took_us);
}

void append_request(std::string& json, const FinishedRequest& request) {
    const std::string_view span_id{request.span_id.data(), request.span_id.size()};
    const std::string_view parent{request.parent_span_id.data(), request.parent_span_id.size()};
    const std::string_view method = to_string(request.method);
    append_head(json, request, span_id,
                request.route.empty() ? std::string{method} : fmt::format("{} {}", method, request.route), Kind::server,
                0, request.took_us);
    if (parent.find_first_not_of('0') != std::string_view::npos)
        fmt::format_to(std::back_inserter(json), R"(,"parentSpanId":"{}")", parent);
    json += ",\"attributes\":[";
    append_attribute(json, "http.request.method", method);
    json += ',';
    if (!request.route.empty()) {
        append_attribute(json, "http.route", request.route);
        json += ',';
    }
    append_attribute(json, "marketday.listener", request.listener);
    fmt::format_to(std::back_inserter(json), R"(,{{"key":"http.response.status_code","value":{{"intValue":"{}"}}}}])",
                   request.status);
    if (request.failed()) json += R"(,"status":{"code":2})";
    json += '}';
    for (std::size_t i = 0; i < request.spans_count; ++i) {
        const auto& span = request.spans[i];
        json += ',';
        append_head(json, request, child_id(span_id, i), span.name, Kind::internal, span.start_us, span.took_us);
        fmt::format_to(std::back_inserter(json), R"(,"parentSpanId":"{}"}})", span_id);
    }
}

}  // namespace

std::string otlp_json(std::span<const FinishedRequest> requests, std::string_view version) {
    std::string json = R"({"resourceSpans":[{"resource":{"attributes":[)";
    append_attribute(json, "service.name", "marketday");
    json += ',';
    append_attribute(json, "service.version", version);
    json += R"(]},"scopeSpans":[{"scope":{"name":"marketday"},"spans":[)";
    for (const FinishedRequest& request : requests) {
        if (json.back() != '[') json += ',';
        append_request(json, request);
    }
    json += "]}]}]}";
    return json;
}

}  // namespace marketday::http
