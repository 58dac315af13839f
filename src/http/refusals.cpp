#include "http/refusals.hpp"

#include <algorithm>
#include <new>

#include "base/log.hpp"
#include "http/head_parser.hpp"
#include "http/router.hpp"

namespace marketday::http::refusals {
namespace {

Response refusal(int status, std::string_view type, std::string_view title, std::string_view detail) {
    return problem({.status = status,
                    .type = type,
                    .title = std::string{title},
                    .detail = std::string{detail},
                    .extra_json = {},
                    .retry_after = {}});
}

}  // namespace

Response not_found() {
    return refusal(404, "not-found", "There is nothing at this address.", "See /openapi.json for what there is.");
}

Response bad_escape() { return refusal(400, "bad-request", "The path holds a broken % escape.", "Write % as %25."); }

Response method_not_allowed(const std::vector<const Route*>& of_path) {
    Response response = refusal(405, "method-not-allowed", "This address does not take that method.",
                                "The Allow header says which it takes.");
    response.headers.emplace_back("Allow", Router::allow(of_path));
    return response;
}

Response options(const std::vector<const Route*>& of_path) {
    Response response;
    response.status = 204;
    response.headers.emplace_back("Allow", Router::allow(of_path));
    return response;
}

Response sign_in_needed() {
    Response response = refusal(401, "sign-in-needed", "Sign in first.",
                                "Send the session as Authorization: Bearer, or as the cookie of a signed-in browser.");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

Response csrf_token_wrong() {
    return refusal(403, "csrf-token-wrong", "X-CSRF-Token is missing or wrong.",
                   "Send the csrf_token that came with the session, or use Authorization: Bearer.");
}

Response idempotency_key_missing() {
    return refusal(400, "idempotency-key-missing", "This call needs an Idempotency-Key header.",
                   "Send 1 to 64 visible ASCII characters, a new key for each new intent and the same for a retry.");
}

Response unavailable() {
    return problem({.status = 503,
                    .type = "unavailable",
                    .title = "The store cannot be reached; nothing was done.",
                    .detail = "Try again.",
                    .extra_json = {},
                    .retry_after = seconds{1}});
}

Response busy() {
    // Given by the ten thousand a second: made once.
    static const Response made = problem({.status = 503,
                                          .type = "busy",
                                          .title = "More orders come than can be taken; nothing was done.",
                                          .detail = "Try again with the same key.",
                                          .extra_json = {},
                                          .retry_after = seconds{1}});
    return made;
}

Response internal_error(const Route& route, const std::exception& failure) {
    log::error("http.handler.failed", {{"operation", route.operation_id}, {"reason", failure.what()}});
    if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) {
        // Nobody's mistake, and it passes: whoever asks again under the same key learns what became of it.
        return problem(describe(SyntaxError::out_of_memory));
    }
    return refusal(500, "internal", "Something broke here.", "It has been recorded; try again later.");
}

bool is_idempotency_key(std::string_view key) {
    return !key.empty() && key.size() <= 64 && std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
}

}  // namespace marketday::http::refusals
