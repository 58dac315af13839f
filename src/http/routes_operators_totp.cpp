#include <fmt/format.h>

#include <array>

#include "base/log.hpp"
#include "http/body_reader.hpp"
#include "http/operator_gate.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/refusals.hpp"
#include "http/routes_operators.hpp"

namespace marketday::http {
namespace {

using usecases::Operators;
using usecases::OperatorSession;

constexpr BodyReader::Bytes kCodeText{.min = 1, .max = 64};
constexpr std::array kBeginStatuses{201, 401, 404, 409, 413, 503};
constexpr std::array kConfirmStatuses{200, 400, 401, 404, 409, 413, 429, 503};
constexpr std::array kEndStatuses{204, 400, 401, 409, 413, 429, 503};
constexpr std::array kResetStatuses{200, 204, 401, 403, 409, 413, 503};

std::string quoted(std::string_view text) {
    std::string json;
    log::append_json_string(json, text);
    return json;
}

Response secret_answer(int status, std::string body = {}) {
    Response response = json(status, std::move(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::optional<OperatorSession> session_of(Operators& operators, const Request& request) {
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) return std::nullopt;
    return *session;
}

/// POST /admin/v1/operators/me/totp: 201 with the secret, told this once, 401, 404, 409 totp-exists, 503.
Task<Response> post_totp(Operators& operators, const Request& request) {
    auto who = session_of(operators, request);
    if (!who) co_return refusals::sign_in_needed();
    const auto begun = co_await operators.begin_second_factor(std::move(*who));
    if (!begun) co_return operators_refusal(begun.error());
    co_return secret_answer(
        201, fmt::format(R"({{"secret":{},"otpauth_uri":{}}})", quoted(begun->secret), quoted(begun->otpauth_uri)));
}

/// POST /admin/v1/operators/me/totp/confirm {code}: 200 with the recovery codes, told this once, 400, 401 totp-wrong,
/// 409 totp-missing | totp-exists, 429, 503.
Task<Response> post_confirm(Operators& operators, const Request& request) {
    auto who = session_of(operators, request);
    if (!who) co_return refusals::sign_in_needed();
    BodyReader body{request.body};
    std::string code = body.text("code", kCodeText);
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto codes = co_await operators.confirm_second_factor(std::move(*who), std::move(code));
    if (!codes) co_return operators_refusal(codes.error());
    std::string items;
    for (const auto& one : *codes) items += (items.empty() ? "" : ",") + quoted(one);
    co_return secret_answer(200, "{\"recovery_codes\":[" + items + "]}");
}

/// DELETE /admin/v1/operators/me/totp {code}: 204, 400, 401 totp-wrong, 409 totp-missing, 429, 503.
Task<Response> delete_totp(Operators& operators, const Request& request) {
    auto who = session_of(operators, request);
    if (!who) co_return refusals::sign_in_needed();
    BodyReader body{request.body};
    std::string code = body.text("code", kCodeText);
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto ended = co_await operators.end_second_factor(std::move(*who), std::move(code));
    if (!ended) co_return operators_refusal(ended.error());
    co_return secret_answer(204);
}

/// DELETE /admin/v1/operators/{name}/totp: 204, 401, 403 not-allowed, 409 totp-missing, 503.
Task<Response> reset_totp(Operators& operators, const Request& request) {
    auto who = session_of(operators, request);
    if (!who) co_return refusals::sign_in_needed();
    std::string name{request.param(0)};
    if (is_dry_run(request)) {
        const auto would = co_await operators.preview_reset_second_factor(std::move(*who), std::move(name));
        if (!would) co_return operators_refusal(would.error());
        std::string body = R"({"would":{"name":)";
        log::append_json_string(body, would->name);
        co_return json(200, body + R"(,"totp":false}})");
    }
    const auto ended = co_await operators.reset_second_factor(std::move(*who), std::move(name));
    if (!ended) co_return operators_refusal(ended.error());
    co_return secret_answer(204);
}

Response simple(int status, std::string_view type, std::string title, std::string detail) {
    return problem({.status = status,
                    .type = type,
                    .title = std::move(title),
                    .detail = std::move(detail),
                    .extra_json = {},
                    .retry_after = {}});
}

Response wait(int status, std::string_view type, std::string title, seconds retry_after) {
    return problem({.status = status,
                    .type = type,
                    .title = std::move(title),
                    .detail = fmt::format("Wait {} s and try again.", retry_after.count()),
                    .extra_json = {},
                    .retry_after = retry_after});
}

}  // namespace

Response operators_refusal(const Operators::Refused& refused) {
    switch (refused.reason) {
        case Operators::Reason::wrong:
            return simple(401, "wrong-credentials", "The name or the password is wrong.", "Check both.");
        case Operators::Reason::code_needed:
            return simple(401, "totp-needed", "This operator has a second factor.",
                          "Send the code of the authenticator app as \"totp\", or a recovery code.");
        case Operators::Reason::wrong_code:
            return simple(401, "totp-wrong", "The code is wrong or was used before.",
                          "Wait for the app's next code and send that.");
        case Operators::Reason::too_many:
            return wait(429, "too-many-attempts", "Too many attempts.", refused.retry_after);
        case Operators::Reason::bad_name:
            return simple(400, "invalid-request", "This name cannot be taken.",
                          "\"name\" must be 1 to 64 of a-z, 0-9, '.', '_' and '-'.");
        case Operators::Reason::bad_password:
            return simple(400, "weak-password", "This password cannot be taken.",
                          fmt::format("It is {}; choose 8 characters or more that others would not try first.",
                                      domain::to_string(refused.password)));
        case Operators::Reason::name_taken:
            return simple(409, "name-taken", "There is an operator of this name.", "Choose another name.");
        case Operators::Reason::full:
            return simple(409, "too-many-operators", "There are too many operators.", "Share an account.");
        case Operators::Reason::not_allowed:
            return simple(403, "not-allowed", "Your role does not allow this.", "Ask an owner.");
        case Operators::Reason::not_found: return problem(not_found("operator"));
        case Operators::Reason::last_owner:
            return simple(409, "last-owner", "Nobody would be left to manage operators.",
                          "Make somebody else an owner first.");
        case Operators::Reason::already_enrolled:
            return simple(409, "totp-exists", "There is a second factor already.",
                          "Take it away with DELETE and a code before beginning another.");
        case Operators::Reason::not_enrolled:
            return simple(409, "totp-missing", "There is no second factor, or no enrolment was begun.",
                          "Begin one with POST /admin/v1/operators/me/totp.");
        case Operators::Reason::busy:
            return wait(503, "busy", "Too many people are logging in right now.", refused.retry_after);
        case Operators::Reason::unavailable: return problem(store_unavailable());
        case Operators::Reason::outcome_unknown:
            return simple(503, "outcome-unknown", "This may have happened or not.", "Look before you repeat it.");
    }
    return problem(store_unavailable());
}

std::vector<Route> operators_totp_routes(Operators& operators) {
    std::vector<Route> routes;
    routes.push_back(operator_route({.method = Method::post,
                                     .pattern = "/admin/v1/operators/me/totp",
                                     .operation = "beginTotp",
                                     .summary = "Begin a second factor: a secret for an authenticator app",
                                     .response_schema = "TotpEnrolment",
                                     .statuses = kBeginStatuses},
                                    [&operators](const Request& r) { return post_totp(operators, r); }));
    routes.push_back(operator_route({.method = Method::post,
                                     .pattern = "/admin/v1/operators/me/totp/confirm",
                                     .operation = "confirmTotp",
                                     .summary = "Prove it by a code; gives the recovery codes",
                                     .request_schema = "TotpCode",
                                     .response_schema = "TotpRecoveryCodes",
                                     .statuses = kConfirmStatuses},
                                    [&operators](const Request& r) { return post_confirm(operators, r); }));
    routes.push_back(operator_route({.method = Method::del,
                                     .pattern = "/admin/v1/operators/me/totp",
                                     .operation = "endTotp",
                                     .summary = "Take one's own second factor away",
                                     .request_schema = "TotpCode",
                                     .statuses = kEndStatuses},
                                    [&operators](const Request& r) { return delete_totp(operators, r); }));
    routes.push_back(
        operator_route({.method = Method::del,
                        .pattern = "/admin/v1/operators/{name}/totp",
                        .operation = "resetTotp",
                        .summary = "Take away the second factor of an operator whose phone is lost; owners only",
                        .response_schema = "Would",
                        .statuses = kResetStatuses,
                        .parameters = "dry_run"},
                       [&operators](const Request& r) { return reset_totp(operators, r); }));
    return routes;
}

}  // namespace marketday::http
