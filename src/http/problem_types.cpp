#include "http/problem_types.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.hpp"
#include "http/ready.hpp"
#include "http/refusals.hpp"

namespace marketday::http {
namespace {

constexpr ProblemType kTypes[] = {
    {"all-held", 409, "All units are in other shoppers' hands; some may come back."},
    {"already-exists", 409, "There is one of that name already."},
    {"bad-request", 400, "The request is not valid HTTP."},
    {"basket-full", 409, "The basket has as many lines as it can have."},
    {"body-too-large", 413, "The body is larger than the route takes."},
    {"busy", 503, "More requests wait than can be taken; nothing was done, try again after Retry-After."},
    {"changed-meanwhile", 409, "Somebody else changed it first; look again."},
    {"cross-site", 403, "A page of another site sent the request."},
    {"csrf-token-wrong", 403, "A session by cookie needs its X-CSRF-Token on unsafe methods."},
    {"expectation-failed", 417, "Only Expect: 100-continue is understood."},
    {"header-too-large", 431, "The header section is too large."},
    {"http-version-unsupported", 505, "Only HTTP/1.0 and HTTP/1.1 are spoken."},
    {"idempotency-key-missing", 400, "The call needs an Idempotency-Key of 1 to 64 visible ASCII characters."},
    {"image-too-large", 400, "The picture has more pixels than the shop works on."},
    {"in-another-sale", 409, "The product is in another sale that is not over."},
    {"in-flight", 409, "A request with this key is still under way; wait for its answer."},
    {"internal", 500, "Something broke in the shop; it has been recorded."},
    {"invalid-email", 400, "That is no e-mail address."},
    {"invalid-request", 400, "The body is JSON, but a member is missing or wrong; the detail names it."},
    {"invalid-ticket", 400, "The ticket is not one of this line."},
    {"key-reused", 422, "The Idempotency-Key was used for another request."},
    {"last-owner", 409, "Somebody must be left who can manage operators."},
    {"limit-reached", 409, "The sale's limit a customer is reached."},
    {"line-full", 503, "The line takes no more shoppers at the moment."},
    {"link-invalid", 400, "The link is wrong, used or too old."},
    {"malformed-json", 400, "The body is not JSON, or not in UTF-8."},
    {"method-not-allowed", 405, "The address does not take that method; see Allow."},
    {"method-unsupported", 501, "The method is not known at all."},
    {"name-taken", 409, "There is an operator of that name."},
    {"not-admitted", 403, "The sale has a line; order with the admission it gives."},
    {"not-allowed", 403, "The operator's role does not allow that."},
    {"not-an-image", 400, "The bytes are no PNG, JPEG or WebP that can be read."},
    {"not-enough", 409, "There are not as many units to move."},
    {"not-for-sale", 409, "The product has no price, is hidden, or is sold in a sale only."},
    {"not-found", 404, "There is nothing at this address, or not for you."},
    {"not-here", 409, "No units here now, others are on their way."},
    {"not-ready", 503,
     "The shop cannot sell right now; `reasons` says why: disk-full, store-failing, search-catching-up."},
    {"outcome-unknown", 503, "It may have happened; repeat with the same Idempotency-Key to learn."},
    {"payment-declined", 402, "The bank declined the payment."},
    {"payment-refunded", 409, "The payment was given back, since the order had ended."},
    {"price-changed", 409, "The price is not the one the order names."},
    {"refund-due", 409, "The payment came too late and will be given back."},
    {"request-timeout", 408, "The request took too long to arrive."},
    {"role-needed", 403, "The operator may look, not change anything."},
    {"sale-not-open", 409, "The sale is not open."},
    {"sign-in-needed", 401, "Sign in first."},
    {"sold-out", 409, "Every unit is sold; none can come back."},
    {"too-many-attempts", 429, "Too many attempts; wait for Retry-After."},
    {"too-many-images", 409, "The product has as many pictures as it can have."},
    {"too-many-joins", 429, "Too many shoppers joined from there; wait for Retry-After."},
    {"too-many-operators", 409, "There are as many operators as there can be."},
    {"totp-exists", 409, "The operator has a second factor already."},
    {"totp-missing", 409, "The operator has no second factor, or no enrolment was begun."},
    {"totp-needed", 401, "The password is right; send the code of the second factor as totp."},
    {"totp-wrong", 401, "The code of the second factor is wrong or was used before."},
    {"transfer-encoding-unsupported", 501, "Only the chunked transfer coding is understood."},
    {"unavailable", 503, "The store does not answer; nothing was done, try again."},
    {"unknown-sku", 409, "There is no such product."},
    {"unverified", 403, "The account's e-mail address is not verified yet."},
    {"uri-too-long", 414, "The request target is too long."},
    {"weak-password", 400, "The password is too short or too common."},
    {"wrong-credentials", 401, "The name or the password is wrong."},
    {"wrong-currency", 409, "The shop sells in another currency."},
    {"wrong-state", 409, "The order's state does not allow that."},
};

std::string type_json(const ProblemType& one) {
    std::string body = fmt::format(R"({{"type":"/problems/{}","status":{},"meaning":)", one.type, one.status);
    log::append_json_string(body, one.meaning);
    body += '}';
    return body;
}

Response cacheable(std::string body) {
    Response response = json(200, std::move(body));
    response.headers.emplace_back("Cache-Control", "public, max-age=3600");
    return response;
}

/// GET /problems: 200.
std::optional<Response> get_problem_types(const Request&) {
    std::string body = "{\"items\":[";
    for (const ProblemType& one : kTypes) {
        if (body.back() != '[') body += ',';
        body += type_json(one);
    }
    body += "],\"next_cursor\":null}";
    return cacheable(std::move(body));
}

/// GET /problems/{type}: 200, 404.
std::optional<Response> get_problem_type(const Request& request) {
    const auto* found = std::ranges::find(kTypes, request.param(0), &ProblemType::type);
    if (found == std::end(kTypes)) return refusals::not_found();
    return cacheable(type_json(*found));
}

Route fast_route(std::string_view pattern, std::string_view id, std::string_view summary, std::string_view schema,
                 std::span<const int> statuses, FastHandler handle) {
    Route route;
    route.pattern = pattern;
    route.operation_id = id;
    route.summary = summary;
    route.response_schema = schema;
    route.statuses = statuses;
    route.handle_now = std::move(handle);
    return route;
}

}  // namespace

std::span<const ProblemType> problem_types() { return kTypes; }

std::vector<Route> problem_routes() {
    static constexpr int kListStatuses[] = {200};
    static constexpr int kOneStatuses[] = {200, 404};
    std::vector<Route> routes;
    routes.push_back(fast_route("/problems", "listProblemTypes", "All types of problems", "ProblemTypeList",
                                kListStatuses, get_problem_types));
    routes.push_back(fast_route("/problems/{type}", "getProblemType", "What a type of problem means", "ProblemType",
                                kOneStatuses, get_problem_type));
    return routes;
}

}  // namespace marketday::http
