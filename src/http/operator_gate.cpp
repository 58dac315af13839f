#include "http/operator_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "base/log.hpp"
#include "http/head_parser.hpp"
#include "http/operator_route.hpp"
#include "http/problems.hpp"
#include "http/refusals.hpp"

namespace marketday::http {
namespace {

namespace json_lib = boost::json;
using ports::OperatorsLog;
using usecases::Operators;
using usecases::OperatorSession;

constexpr std::size_t kDetailsBytesMax = 1000;
constexpr std::size_t kDetailsReadMax = 64 * 1024;

/// Viewers too may do these: they touch nobody but the caller, or change nothing.
constexpr std::array<std::string_view, 7> kForEverybody{
    "operatorLogOut", "changeOperatorPassword", "beginTotp", "confirmTotp", "endTotp", "forecastSale", "startAudit"};
/// They change nothing, although they are POSTs.
constexpr std::array<std::string_view, 1> kChangeNothing{"forecastSale"};
constexpr std::array<std::string_view, 7> kSecrets{"password", "old_password", "new_password", "totp",
                                                   "code",     "token",        "secret"};

bool is_safe(Method method) { return method == Method::get || method == Method::head || method == Method::options; }

json_lib::object parse_object(std::string_view text) {
    if (text.empty() || text.size() > kDetailsReadMax || text.front() != '{') return {};
    boost::system::error_code error;
    json_lib::value value = json_lib::parse(json_lib::string_view{text.data(), text.size()}, error);
    if (error || !value.is_object()) return {};
    return std::move(value.get_object());
}

/// What was asked for, as far as a person would want to read it a year later: no secrets, and not a whole import.
std::string details_of(const Request& request) {
    json_lib::object details = parse_object(request.body);
    for (const auto secret : kSecrets) details.erase(json_lib::string_view{secret.data(), secret.size()});
    if (const auto no_price = request.query_param("no_price")) details["no_price"] = *no_price;
    if (request.body.size() > kDetailsReadMax || (details.empty() && !request.body.empty()))
        details["body_bytes"] = request.body.size();
    std::string text = json_lib::serialize(details);
    if (text.size() <= kDetailsBytesMax) return text;
    json_lib::object plain;
    for (const auto& [name, value] : details) {
        if (!value.is_structured() && !(value.is_string() && value.get_string().size() > 200)) plain[name] = value;
    }
    text = json_lib::serialize(plain);
    return text.size() <= kDetailsBytesMax ? text : fmt::format(R"({{"body_bytes":{}}})", request.body.size());
}

/// Of a JSON object: what it is about.
std::string subject_of(const json_lib::object& object) {
    for (const auto name : {"id", "order", "sku", "name"}) {
        const auto* value = object.if_contains(name);
        if (value != nullptr && value->is_string() && value->get_string().size() <= 100)
            return std::string{value->get_string()};
    }
    return {};
}

std::string target_of(const Request& request, std::size_t params) {
    std::string target;
    for (std::size_t i = 0; i < params; ++i) {
        if (i > 0) target += '/';
        target += request.param(i);
    }
    return target;
}

std::string problem_of(const Response& response) {
    if (response.status < 400) return {};
    constexpr std::string_view kBefore = "/problems/";
    const json_lib::object object = parse_object(response.body);
    const auto* type = object.if_contains("type");
    if (type == nullptr || !type->is_string()) return {};
    const std::string_view text{type->get_string().data(), type->get_string().size()};
    return std::string{text.starts_with(kBefore) ? text.substr(kBefore.size()) : text};
}

/// People of this machine act with the token in admin.json; their programs say who they are, which is no proof.
std::string name_of(const OperatorSession& session, const Request& request) {
    const std::string_view user = request.header("x-local-user");
    const bool plain = !user.empty() && user.size() <= 32 && std::ranges::all_of(user, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-';
    });
    return session.name == "local" && plain ? fmt::format("local/{}", user) : session.name;
}

/// One route's way through the gate.
struct Guard {
    Handler inner;
    std::string_view operation;
    std::size_t params = 0;  // of its path
    bool for_everybody = false;
    Operators& operators;
    OperatorsLog& log;
    const Clock& clock;
};

OperatorsLog::Entry entry_of(const Guard& guard, std::string who, const Request& request) {
    return {.number = 0,
            .at = guard.clock.wall_now(),
            .who = std::move(who),
            .operation = std::string{guard.operation},
            .target = target_of(request, guard.params),
            .details = details_of(request),
            .trace_id = request.trace_id,
            .dry_run = is_dry_run(request),
            .ending = {}};
}

Task<void> end_entry(const Guard& guard, std::int64_t number, const Response& response, std::string target) {
    OperatorsLog::Ending ending{.status = response.status, .problem = problem_of(response)};
    const auto ended = co_await guard.log.end(number, std::move(ending), std::move(target));
    if (!ended) log::error("operators_log.entry.not_ended", {{"entry", number}, {"operation", guard.operation}});
}

Response role_needed() {
    return problem({403,
                    "role-needed",
                    "Your role lets you look, not change anything.",
                    "Ask an owner for the role of a manager.",
                    {},
                    {}});
}

Task<Response> answer_guarded(std::shared_ptr<const Guard> guard, const Request& request) {
    const OperatorSession* session = guard->operators.cached(operator_token(request));
    if (session == nullptr) co_return refusals::sign_in_needed();
    const bool allowed = guard->for_everybody || session->may_change();
    auto entry = entry_of(*guard, name_of(*session, request), request);
    const auto number = co_await guard->log.begin(std::move(entry));
    if (!number) co_return problem(store_unavailable());
    std::optional<Response> response;
    if (!allowed) response = role_needed();
    try {
        if (!response) response = co_await guard->inner(request);
    } catch (const std::bad_alloc&) {
        response = problem(describe(SyntaxError::out_of_memory));
    } catch (const std::exception& failure) {
        log::error("http.handler.failed", {{"operation", guard->operation}, {"reason", failure.what()}});
        response =
            problem({500, "internal", "Something broke here.", "It has been recorded; try again later.", {}, {}});
    }
    std::string target = subject_of(parse_object(response->body));
    if (target.empty()) target = subject_of(parse_object(request.body));
    co_await end_entry(*guard, *number, *response, std::move(target));
    co_return std::move(*response);
}

/// Logging in: an entry afterwards, so that a flood of guesses, which the throttle turns away, writes nothing.
Task<Response> answer_log_in(std::shared_ptr<const Guard> guard, const Request& request) {
    Response response = co_await guard->inner(request);
    const bool decided = response.status == 201 || response.status == 401;
    if (!decided) co_return response;
    std::string who = response.status == 201 ? subject_of(parse_object(response.body)) : std::string{"?"};
    auto entry = entry_of(*guard, std::move(who), request);
    entry.target = request.client.to_string();
    entry.details = "{}";
    const auto number = co_await guard->log.begin(std::move(entry));
    if (number)
        co_await end_entry(*guard, *number, response, {});
    else
        log::error("operators_log.entry.not_begun", {{"operation", guard->operation}});
    co_return response;
}

std::string_view bearer_of(const Request& request) {
    return request.session_by_cookie() ? std::string_view{} : request.session_token();
}

template <std::size_t N>
bool is_one_of(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

std::string_view operator_token(const Request& request) {
    const std::string_view bearer = bearer_of(request);
    return bearer.empty() ? request.cookie("md_operator") : bearer;
}

std::optional<Response> refuse_operator(Operators& operators, const Request& request) {
    const std::string_view token = operator_token(request);
    const OperatorSession* session = operators.cached(token);
    if (session == nullptr) return refusals::sign_in_needed();
    const bool by_cookie = bearer_of(request).empty();
    if (is_safe(request.method) || !by_cookie) return std::nullopt;
    if (!session->csrf_token.empty() && request.header("x-csrf-token") == session->csrf_token) return std::nullopt;
    return refusals::csrf_token_wrong();
}

std::vector<Route> guarded(std::vector<Route> routes, Operators& operators, OperatorsLog& log, const Clock& clock) {
    for (Route& route : routes) {
        if (is_safe(route.method) || is_one_of(kChangeNothing, route.operation_id)) continue;
        const bool log_in = route.operation_id == "operatorLogIn";
        if (route.access != Access::operator_ && !log_in) continue;
        auto guard = std::make_shared<const Guard>(
            Guard{.inner = std::move(route.handle),
                  .operation = route.operation_id,
                  .params = static_cast<std::size_t>(std::ranges::count(route.pattern, '{')),
                  .for_everybody = is_one_of(kForEverybody, route.operation_id),
                  .operators = operators,
                  .log = log,
                  .clock = clock});
        if (log_in)
            route.handle = [guard](const Request& request) { return answer_log_in(guard, request); };
        else
            route.handle = [guard](const Request& request) { return answer_guarded(guard, request); };
    }
    return routes;
}

}  // namespace marketday::http
