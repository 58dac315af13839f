#include "http/routes_operators.hpp"

#include <fmt/format.h>

#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/operator_gate.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/refusals.hpp"

namespace marketday::http {
namespace {

using usecases::Operators;
using usecases::OperatorSession;
using usecases::Rehearsal;

constexpr BodyReader::Bytes kNameText{.min = 0, .max = 256};
constexpr BodyReader::Bytes kPasswordText{.min = 0, .max = 4096};

std::string quoted(std::string_view text) {
    std::string json;
    log::append_json_string(json, text);
    return json;
}

constexpr auto& refusal = operators_refusal;

Response no_store(Response response) {
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::string client_key(const ClientAddress& client) {
    return {reinterpret_cast<const char*>(client.bytes.data()), client.bytes.size()};
}

/// POST /admin/v1/sessions {name, password, totp?}: 201 with the token and the cookie md_operator, 400, 401
/// wrong-credentials | totp-needed | totp-wrong, 403 cross-site, 429, 503.
Task<Response> post_session(Operators& operators, const Request& request) {
    // Browsers say when another site's page sent the request; it must not log anybody in.
    if (request.header("sec-fetch-site") == "cross-site")
        co_return problem(
            {403, "cross-site", "Another site's page sent this.", "Log in on the shop's own page.", {}, {}});
    BodyReader body{request.body};
    Operators::LogIn log_in{.name = body.text("name", kNameText),
                            .password = body.text("password", kPasswordText),
                            .client = client_key(request.client),
                            .code = body.text_if("totp", kNameText)};
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto opened = co_await operators.log_in(std::move(log_in));
    if (!opened) co_return refusal(opened.error());
    const OperatorSession& session = opened->session;
    Response response =
        no_store(json(201, fmt::format(R"({{"token":{},"name":{},"role":"{}","expires_at":"{}","csrf_token":{}}})",
                                       quoted(opened->token), quoted(session.name), usecases::to_string(session.role),
                                       to_rfc3339(to_unix_ms(session.expires)), quoted(session.csrf_token))));
    const auto lasts = std::chrono::duration_cast<seconds>(operators.session_valid());
    response.headers.emplace_back(
        "Set-Cookie",
        fmt::format("md_operator={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={}", opened->token, lasts.count()));
    co_return response;
}

/// DELETE /admin/v1/sessions/current: 204, 401, 503.
Task<Response> delete_session(Operators& operators, const Request& request) {
    std::string token{operator_token(request)};
    const auto ended = co_await operators.log_out(std::move(token));
    if (!ended) co_return refusal(ended.error());
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", "md_operator=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    co_return no_store(std::move(response));
}

/// GET /admin/v1/me: 200, 401, 503.
Task<Response> get_me(Operators& operators, const Request& request) {
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    OperatorSession who = *session;
    auto same = who;
    const auto factor = co_await operators.second_factor(std::move(same));
    if (!factor) co_return refusal(factor.error());
    // The machine's own token ends with the program, not at a time.
    const bool ends = who.expires != WallTime::max();
    co_return no_store(json(
        200,
        fmt::format(
            R"({{"name":{},"role":"{}","may_change":{},"may_manage_operators":{},"csrf_token":{},"expires_at":{},"totp":{},"recovery_codes":{}}})",
            quoted(who.name), usecases::to_string(who.role), who.may_change(), who.may_manage_operators(),
            quoted(who.csrf_token), ends ? quoted(to_rfc3339(to_unix_ms(who.expires))) : std::string{"null"},
            factor->enrolled, factor->recovery_codes)));
}

std::string operator_json(const ports::Operator& who) {
    return fmt::format(R"({{"name":{},"role":"{}","disabled":{},"totp":{},"created_at":"{}"}})", quoted(who.name),
                       usecases::to_string(who.role), who.disabled, who.has_totp,
                       to_rfc3339(to_unix_ms(who.created_at)));
}

/// GET /admin/v1/operators: 200, 401, 503.
Task<Response> get_operators(Operators& operators, const Request&) {
    const auto list = co_await operators.list();
    if (!list) co_return refusal(list.error());
    std::string items;
    for (const auto& who : *list) {
        if (!items.empty()) items += ',';
        items += operator_json(who);
    }
    co_return no_store(json(200, "{\"items\":[" + items + "],\"next_cursor\":null}"));
}

/// POST /admin/v1/operators {name, role, password?}: 201 (with the password when one was made), 400, 401, 403
/// not-allowed, 409 name-taken | too-many-operators, 503.
Task<Response> post_operator(Operators& operators, const Request& request) {
    // Copied: the list of sessions may change while this waits.
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    OperatorSession who = *session;
    BodyReader body{request.body};
    Operators::NewOperator added{.name = body.text("name", kNameText), .role = {}, .password = {}};
    const auto role = usecases::parse_role(body.text("role", kNameText));
    if (!role) body.refuse("role", "must be viewer, manager or owner");
    added.password = body.text_if("password", kPasswordText);
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    added.role = *role;
    const auto done = co_await operators.add(std::move(who), std::move(added));
    if (!done) co_return refusal(done.error());
    const std::string password = done->password ? ",\"password\":" + quoted(*done->password) : std::string{};
    co_return no_store(json(201, fmt::format(R"({{"name":{},"role":"{}"{}}})", quoted(done->name),
                                             usecases::to_string(done->role), password)));
}

/// PATCH /admin/v1/operators/{name} {role?, disabled?}: 200, 400, 401, 403 not-allowed, 404, 409 last-owner, 503.
Task<Response> patch_operator(Operators& operators, const Request& request) {
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    OperatorSession who = *session;
    std::string name{request.param(0)};
    ports::Operators::Change change;
    {
        BodyReader body{request.body};
        if (const auto role = body.text_if("role", kNameText)) {
            change.role = usecases::parse_role(*role);
            if (!change.role) body.refuse("role", "must be viewer, manager or owner");
        }
        change.disabled = body.boolean_if("disabled");
        if (const auto wrong = body.problem()) co_return problem(*wrong);
    }
    if (!change.role && !change.disabled) co_return problem(invalid_request("Give \"role\", \"disabled\" or both."));
    if (is_dry_run(request)) {
        const auto would = co_await operators.preview_change(std::move(who), std::move(name), change);
        if (!would) co_return refusal(would.error());
        co_return no_store(json(200, "{\"would\":" + operator_json(*would) + "}"));
    }
    const auto changed = co_await operators.change(std::move(who), std::move(name), change);
    if (!changed) co_return refusal(changed.error());
    co_return no_store(json(200, operator_json(*changed)));
}

/// POST /admin/v1/operators/me/password {old_password, new_password}: 204 and all sessions ended, 400, 401, 429, 503.
Task<Response> post_password(Operators& operators, const Request& request) {
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    OperatorSession who = *session;
    BodyReader body{request.body};
    Operators::PasswordChange change{.old_password = body.text("old_password", kPasswordText),
                                     .new_password = body.text("new_password", kPasswordText)};
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto changed = co_await operators.change_password(std::move(who), std::move(change));
    if (!changed) co_return refusal(changed.error());
    Response response;
    response.status = 204;
    co_return no_store(std::move(response));
}

/// POST /admin/v1/rehearsal/sessions {count, prefix}: 200, 400, 401, 403, 503.
Task<Response> post_rehearsal_sessions(Rehearsal& rehearsal, Operators& operators, const Request& request) {
    const OperatorSession* session = operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    if (!session->may_change()) co_return refusal({.reason = Operators::Reason::not_allowed, .password = {}});
    BodyReader body{request.body};
    constexpr auto kCountMax = static_cast<std::int64_t>(Rehearsal::kSessionsMax);
    Rehearsal::Request wanted{.count = static_cast<std::size_t>(body.integer("count", {1, kCountMax})),
                              .prefix = body.text("prefix", kNameText)};
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto prepared = co_await rehearsal.prepare(std::move(wanted));
    if (!prepared) {
        switch (prepared.error()) {
            case Rehearsal::Error::bad_count: co_return problem(invalid_request("\"count\" must be 1 to 50000."));
            case Rehearsal::Error::bad_prefix:
                co_return problem(invalid_request("\"prefix\" must be 1 to 32 of a-z, 0-9 and '-'."));
            case Rehearsal::Error::unavailable: co_return problem(store_unavailable());
        }
    }
    std::string items;
    items.reserve(prepared->size() * 150);
    for (const auto& one : *prepared) {
        if (!items.empty()) items += ',';
        // Tokens are base64url: nothing to escape.
        fmt::format_to(std::back_inserter(items), R"({{"customer":"{}","token":"{}","csrf_token":"{}"}})",
                       one.customer.to_string(), one.token, one.csrf_token);
    }
    co_return no_store(json(200, "{\"sessions\":[" + items + "]}"));
}

constexpr std::array kLogInStatuses{201, 400, 401, 403, 413, 429, 503};
constexpr std::array kChangeStatuses{200, 400, 401, 403, 404, 409, 413, 503};
constexpr std::array kLogOutStatuses{204, 401, 503};
constexpr std::array kListStatuses{200, 401, 503};
constexpr std::array kAddStatuses{201, 400, 401, 403, 409, 413, 503};
constexpr std::array kPasswordStatuses{204, 400, 401, 413, 429, 503};
constexpr std::array kRehearsalStatuses{200, 400, 401, 403, 413, 503};

constexpr std::size_t kBodyBytesMax = 16 * 1024;

}  // namespace

std::vector<Route> operators_routes(Operators& operators) {
    std::vector<Route> routes;
    routes.push_back({.method = Method::post,
                      .pattern = "/admin/v1/sessions",
                      .operation_id = "operatorLogIn",
                      .summary = "Log in as an operator",
                      .access = Access::open,
                      .idempotency_key = false,
                      .body_bytes_max = kBodyBytesMax,
                      .request_schema = "OperatorLogIn",
                      .response_schema = "OperatorLoggedIn",
                      .statuses = kLogInStatuses,
                      .handle = [&operators](const Request& r) { return post_session(operators, r); },
                      .handle_now = {}});
    routes.push_back({.method = Method::del,
                      .pattern = "/admin/v1/sessions/current",
                      .operation_id = "operatorLogOut",
                      .summary = "Log out",
                      .access = Access::operator_,
                      .idempotency_key = false,
                      .body_bytes_max = 0,
                      .request_schema = {},
                      .response_schema = {},
                      .statuses = kLogOutStatuses,
                      .handle = [&operators](const Request& r) { return delete_session(operators, r); },
                      .handle_now = {}});
    routes.push_back(operator_route({.pattern = "/admin/v1/me",
                                     .operation = "getOperatorMe",
                                     .summary = "Who is logged in, and what the session's X-CSRF-Token is",
                                     .response_schema = "OperatorMe",
                                     .statuses = kListStatuses},
                                    [&operators](const Request& r) { return get_me(operators, r); }));
    routes.push_back(operator_route({.method = Method::patch,
                                     .pattern = "/admin/v1/operators/{name}",
                                     .operation = "changeOperator",
                                     .summary = "Give another role, disable or enable; owners only",
                                     .request_schema = "OperatorChange",
                                     .response_schema = "Operator",
                                     .statuses = kChangeStatuses,
                                     .parameters = "dry_run"},
                                    [&operators](const Request& r) { return patch_operator(operators, r); }));
    for (auto& route : operators_totp_routes(operators)) routes.push_back(std::move(route));
    routes.push_back({.method = Method::get,
                      .pattern = "/admin/v1/operators",
                      .operation_id = "listOperators",
                      .summary = "All operators",
                      .access = Access::operator_,
                      .idempotency_key = false,
                      .body_bytes_max = 0,
                      .request_schema = {},
                      .response_schema = "OperatorList",
                      .statuses = kListStatuses,
                      .handle = [&operators](const Request& r) { return get_operators(operators, r); },
                      .handle_now = {}});
    routes.push_back({.method = Method::post,
                      .pattern = "/admin/v1/operators",
                      .operation_id = "addOperator",
                      .summary = "Add an operator; owners only",
                      .access = Access::operator_,
                      .idempotency_key = false,
                      .body_bytes_max = kBodyBytesMax,
                      .request_schema = "NewOperator",
                      .response_schema = "AddedOperator",
                      .statuses = kAddStatuses,
                      .handle = [&operators](const Request& r) { return post_operator(operators, r); },
                      .handle_now = {}});
    routes.push_back({.method = Method::post,
                      .pattern = "/admin/v1/operators/me/password",
                      .operation_id = "changeOperatorPassword",
                      .summary = "Change one's own password; ends all one's sessions",
                      .access = Access::operator_,
                      .idempotency_key = false,
                      .body_bytes_max = kBodyBytesMax,
                      .request_schema = "OperatorPasswordChange",
                      .response_schema = {},
                      .statuses = kPasswordStatuses,
                      .handle = [&operators](const Request& r) { return post_password(operators, r); },
                      .handle_now = {}});
    return routes;
}

std::vector<Route> rehearsal_routes(Rehearsal& rehearsal, Operators& operators) {
    std::vector<Route> routes;
    routes.push_back({.method = Method::post,
                      .pattern = "/admin/v1/rehearsal/sessions",
                      .operation_id = "prepareRehearsalSessions",
                      .summary = "Make verified accounts with sessions for a rehearsal",
                      .access = Access::operator_,
                      .idempotency_key = false,
                      .body_bytes_max = kBodyBytesMax,
                      .request_schema = "RehearsalSessions",
                      .response_schema = "RehearsalSessionList",
                      .statuses = kRehearsalStatuses,
                      .handle = [&rehearsal, &operators](
                                    const Request& r) { return post_rehearsal_sessions(rehearsal, operators, r); },
                      .handle_now = {}});
    return routes;
}

}  // namespace marketday::http
