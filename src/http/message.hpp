#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/async/task.hpp"
#include "base/time.hpp"
#include "base/trace.hpp"
#include "usecases/session.hpp"

namespace marketday::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };
std::string_view to_string(Method method);

/// The shopper's address: the peer's, or what a listed proxy said (PROXY v2, Forwarded).
struct ClientAddress {
    std::array<std::uint8_t, 16> bytes{};  // IPv6, or IPv4 mapped
    std::string to_string() const;
    bool operator==(const ClientAddress&) const = default;
};

/// One request. All views point into the connection's buffers and hold until the response has been given back; a
/// handler that keeps something longer copies it.
class Request {
public:
    Method method = Method::get;
    std::string_view target;  // as sent: path?query
    std::string_view path;    // before '?', not decoded
    std::string_view query;   // after '?', not decoded
    std::string_view body;
    ClientAddress client;
    Instant deadline{};    // the answer is worthless after it
    std::string trace_id;  // 32 hex digits (W3C traceparent), taken over or made
    std::string span_id;   // 16 hex digits, of this request's own span

    /// Path parameters in the order of the route's braces, percent-decoded.
    std::string_view param(std::size_t index) const { return params[index]; }
    /// The first header of that name (any case); empty when absent.
    std::string_view header(std::string_view name) const;
    /// A query parameter, percent-decoded; nothing when absent.
    std::optional<std::string> query_param(std::string_view name) const;
    /// A cookie's value; empty when absent.
    std::string_view cookie(std::string_view name) const;
    /// The session token: Authorization: Bearer, else the cookie `md_session`; empty when neither.
    std::string_view session_token() const;
    /// Whether the session came by cookie (then unsafe methods need X-CSRF-Token).
    bool session_by_cookie() const;

    struct Header {
        std::string_view name;
        std::string_view value;
    };
    std::vector<Header> headers;
    std::array<std::string, 3> params;
    /// Who asks, on a route of Access::session: the server has looked it up and has checked X-CSRF-Token. Null
    /// elsewhere.
    const usecases::Session* session = nullptr;
    /// What has been noted while this was answered; null when it was answered at once.
    const Trace* trace = nullptr;
};

/// Bytes ready to send, shared by all who ask: built once by the near cache, with its encodings.
struct ReadyResponse {
    std::string identity;  // status line, headers, body
    std::string gzip;      // the same with Content-Encoding: gzip; empty when not worth it
    std::string brotli;
    std::string not_modified;  // the 304 of the same ETag
    std::string etag;          // with its quotes
};

class EventStream;

struct Response {
    int status = 200;
    std::string_view content_type = "application/json";  // a literal
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    /// Set instead of everything above to send bytes from the near cache; `headers` are sent before its own.
    std::shared_ptr<const ReadyResponse> ready;
    /// Set instead of everything above to answer with server-sent events for as long as both sides like.
    std::shared_ptr<EventStream> stream;
};

/// RFC 9457. `type` is stable: clients may switch on it. It becomes "/problems/<type>".
struct Problem {
    int status = 400;
    std::string_view type;  // kebab-case literal, e.g. "sold-out"
    std::string title;      // one sentence
    std::string detail;     // what to do now
    /// Further members as a JSON fragment without braces (`"lines":[…]`), or empty.
    std::string extra_json;
    std::optional<seconds> retry_after;
};
Response problem(const Problem& problem);
Response json(int status, std::string body);

/// Answers within the call when it can, without a coroutine: `Task` only when it must wait.
using Handler = std::function<Task<Response>(const Request&)>;
using FastHandler = std::function<std::optional<Response>(const Request&)>;

enum class Access : std::uint8_t {
    open,       // anybody
    session,    // a signed-in shopper; 401 otherwise
    operator_,  // an operator, on the operator's listener only
};

/// One route; the OpenAPI file is made from it and a test holds it against real answers.
struct Route {
    Method method = Method::get;
    std::string_view pattern;       // "/api/v1/orders/{order}"; a last "{name...}" takes the rest, slashes too
    std::string_view operation_id;  // "placeOrder"
    std::string_view summary;
    Access access = Access::open;
    bool idempotency_key = false;  // Idempotency-Key required: 400 when missing
    std::size_t body_bytes_max = 64 * 1024;
    std::string_view request_schema;  // name in openapi components; empty: no body
    std::string_view response_schema;
    std::span<const int> statuses;  // every status it can give
    Handler handle;
    /// Tried first when set; nothing means "ask `handle`".
    FastHandler handle_now;
    /// Query parameters and headers that it reads, between spaces; openapi.cpp describes them by these names.
    std::string_view parameters = {};
    /// Refused with 503 "busy" while what arrives waits too long to be read: much work each, and may be sent again.
    bool refused_when_behind = false;
};

}  // namespace marketday::http
