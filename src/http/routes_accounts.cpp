#include "http/routes_accounts.hpp"

#include <fmt/format.h>

#include <array>

#include "base/log.hpp"
#include "base/text.hpp"
#include "http/body_reader.hpp"
#include "http/guests.hpp"
#include "http/problems.hpp"
#include "http/refusals.hpp"
#include "usecases/fill_basket.hpp"

namespace marketday::http {
namespace {

using usecases::Accounts;
using usecases::Sessions;

// More than any that is taken, so that the rules and not the parser speak.
constexpr BodyReader::Bytes kEmailText{.min = 0, .max = 1024};
constexpr BodyReader::Bytes kPasswordText{.min = 0, .max = 4096};
constexpr BodyReader::Bytes kTokenText{.min = 0, .max = 256};

std::string quoted(std::string_view text) {
    std::string json;
    log::append_json_string(json, text);
    return json;
}

Response busy(seconds retry_after) {
    return problem({.status = 503,
                    .type = "busy",
                    .title = "Too many people are logging in right now.",
                    .detail = "Try again in a moment.",
                    .extra_json = {},
                    .retry_after = retry_after});
}

Response too_many(seconds retry_after) {
    return problem({.status = 429,
                    .type = "too-many-attempts",
                    .title = "Too many attempts.",
                    .detail = fmt::format("Wait {} s and try again.", retry_after.count()),
                    .extra_json = {},
                    .retry_after = retry_after});
}

std::string_view advice(domain::PasswordRefusal refusal) {
    switch (refusal) {
        case domain::PasswordRefusal::too_short: return "Choose a password of at least 8 characters.";
        case domain::PasswordRefusal::too_long: return "Choose a password of at most 512 bytes.";
        case domain::PasswordRefusal::not_text: return "Choose a password without control characters.";
        case domain::PasswordRefusal::too_common: return "Choose a password that others would not try first.";
        case domain::PasswordRefusal::is_address: return "Choose a password that is not your e-mail address.";
    }
    return "";
}

Response refusal(const Accounts::Refused& refused) {
    switch (refused.reason) {
        case Accounts::Reason::bad_email:
            return problem({.status = 400,
                            .type = "invalid-email",
                            .title = "This is not an e-mail address.",
                            .detail = "Send an address like name@example.com.",
                            .extra_json = {},
                            .retry_after = {}});
        case Accounts::Reason::bad_password:
            return problem({.status = 400,
                            .type = "weak-password",
                            .title = "This password cannot be taken.",
                            .detail = std::string{advice(refused.password)},
                            .extra_json = fmt::format("\"reason\":\"{}\"", domain::to_string(refused.password)),
                            .retry_after = {}});
        case Accounts::Reason::bad_link:
            return problem({.status = 400,
                            .type = "link-invalid",
                            .title = "This link does not work any more.",
                            .detail = "It was used or has expired. Ask for a new one.",
                            .extra_json = {},
                            .retry_after = {}});
        case Accounts::Reason::too_many: return too_many(refused.retry_after);
        case Accounts::Reason::busy: return busy(refused.retry_after);
        case Accounts::Reason::unavailable: return problem(store_unavailable());
    }
    return problem(store_unavailable());
}

Response refusal(const Sessions::Refused& refused) {
    switch (refused.reason) {
        case Sessions::Reason::wrong:
            return problem({.status = 401,
                            .type = "wrong-credentials",
                            .title = "The e-mail address or the password is wrong.",
                            .detail = "Check both, or ask for a new password.",
                            .extra_json = {},
                            .retry_after = {}});
        case Sessions::Reason::too_many: return too_many(refused.retry_after);
        case Sessions::Reason::busy: return busy(refused.retry_after);
        case Sessions::Reason::unavailable: return problem(store_unavailable());
    }
    return problem(store_unavailable());
}

/// The client's network: all of an IPv4 address, the first 64 bits of an IPv6 one, since a subscriber has them all.
std::string client_key(const ClientAddress& client) {
    constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    const bool is_ipv4 = std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), client.bytes.begin());
    return {reinterpret_cast<const char*>(client.bytes.data()), is_ipv4 ? client.bytes.size() : 8};
}

/// The first of the shop's languages in Accept-Language; its order is nearly always by weight (RFC 9110
/// section 12.5.4).
std::optional<domain::Locale> accepted_locale(std::string_view header) {
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        std::string_view range = header.substr(0, comma);
        while (range.starts_with(' ')) range.remove_prefix(1);
        if (const auto locale = domain::parse_locale(range.substr(0, range.find_first_of("-; ")))) return locale;
        if (comma == std::string_view::npos) break;
        header.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

/// Browsers say when another site's page sent the request; it must not log anybody in (login CSRF).
bool is_cross_site(const Request& request) { return request.header("sec-fetch-site") == "cross-site"; }

Response cross_site() {
    return problem({.status = 403,
                    .type = "cross-site",
                    .title = "Another site sent this request.",
                    .detail = "Log in from the shop's own pages.",
                    .extra_json = {},
                    .retry_after = {}});
}

Response no_store(Response response) {
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::string cookie_attributes(const CookieOptions& cookie, seconds max_age) {
    return fmt::format("; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}", max_age.count(),
                       cookie.secure ? "; Secure" : "");
}

/// POST /api/v1/accounts {email, password, locale?}: 202 whether the address is known or not, 400 invalid-email |
/// weak-password, 429, 503.
Task<Response> post_account(Accounts& accounts, const Request& request) {
    BodyReader body{request.body};
    Accounts::SignUp sign_up{.email = body.text("email", kEmailText),
                             .password = body.text("password", kPasswordText),
                             .locale = accepted_locale(request.header("accept-language")),
                             .client = client_key(request.client)};
    const auto locale = body.text_if("locale", {0, 8});
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    if (locale) {
        sign_up.locale = domain::parse_locale(*locale);
        if (!sign_up.locale) co_return problem(invalid_request("\"locale\" must be ko, ja or en."));
    }
    const auto signed_up = co_await accounts.sign_up(std::move(sign_up));
    if (!signed_up) co_return refusal(signed_up.error());
    co_return no_store(json(202, R"({"status":"check-your-mail"})"));
}

/// POST /api/v1/accounts/verify {token}: 200, 400 link-invalid, 503.
Task<Response> post_verification(Accounts& accounts, const Request& request) {
    BodyReader body{request.body};
    std::string token = body.text("token", kTokenText);
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto verified = co_await accounts.verify(std::move(token));
    if (!verified) co_return refusal(verified.error());
    co_return no_store(json(200, R"({"status":"verified"})"));
}

/// POST /api/v1/password-resets {email}: 202 whether the address is known or not, 400 invalid-email, 429, 503.
Task<Response> post_password_reset(Accounts& accounts, const Request& request) {
    BodyReader body{request.body};
    Accounts::ResetRequest reset{.email = body.text("email", kEmailText), .client = client_key(request.client)};
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto asked = co_await accounts.ask_reset(std::move(reset));
    if (!asked) co_return refusal(asked.error());
    co_return no_store(json(202, R"({"status":"check-your-mail"})"));
}

/// POST /api/v1/password-resets/complete {token, password}: 200, 400 link-invalid | weak-password, 503.
Task<Response> post_password_reset_completion(Accounts& accounts, const Request& request) {
    BodyReader body{request.body};
    std::string token = body.text("token", kTokenText);
    std::string password = body.text("password", kPasswordText);
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto completed = co_await accounts.complete_reset(std::move(token), std::move(password));
    if (!completed) co_return refusal(completed.error());
    co_return no_store(json(200, R"({"status":"password-changed"})"));
}

/// The visitor's basket joins the customer's, as the log-in page does it. A store that is away leaves both as they are.
Task<void> join_baskets(GuestBasket of, const Request& request, CustomerId customer, Response& response) {
    if (of.guests == nullptr) co_return;
    const auto guest = co_await of.guests->find(request);
    if (!guest || guest->is_new) co_return;
    const auto merged = co_await of.basket->merge(guest->id, customer);
    if (merged) of.guests->show_units(response, domain::units_in(*merged));
}

/// POST /api/v1/sessions {email, password}: 201 with the token and the cookie md_session, 401 wrong-credentials, 403
/// cross-site, 429, 503.
Task<Response> post_session(Sessions& sessions, CookieOptions cookie, GuestBasket guest_basket,
                            const Request& request) {
    if (is_cross_site(request)) co_return cross_site();
    BodyReader body{request.body};
    Sessions::LogIn log_in{.email = body.text("email", kEmailText),
                           .password = body.text("password", kPasswordText),
                           .client = client_key(request.client)};
    if (const auto wrong = body.problem()) co_return problem(*wrong);
    const auto opened = co_await sessions.log_in(std::move(log_in));
    if (!opened) co_return refusal(opened.error());
    const usecases::Session& session = opened->session;
    Response response =
        json(201, fmt::format(R"({{"session":{},"csrf_token":{},"customer":"{}","verified":{},"expires_at":"{}"}})",
                              quoted(opened->token), quoted(session.csrf_token), session.customer.to_string(),
                              session.verified, to_rfc3339(to_unix_ms(session.expires))));
    response.headers.emplace_back("Set-Cookie",
                                  "md_session=" + opened->token + cookie_attributes(cookie, cookie.max_age));
    co_await join_baskets(guest_basket, request, session.customer, response);
    co_return no_store(std::move(response));
}

/// DELETE /api/v1/sessions/current: 204, 401, 503. The cookie goes too.
Task<Response> delete_session(Sessions& sessions, CookieOptions cookie, const Request& request) {
    std::string token{request.session_token()};
    const auto ended = co_await sessions.log_out(std::move(token));
    if (!ended) co_return refusal(ended.error());
    Response response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", "md_session=" + cookie_attributes(cookie, seconds{0}));
    co_return no_store(std::move(response));
}

/// GET /api/v1/me: 200, 401, 503.
Task<Response> get_me(Accounts& accounts, const Request& request) {
    // Copied: the cache may drop the session while the store is read.
    if (request.session == nullptr) co_return refusals::sign_in_needed();
    const usecases::Session session = *request.session;
    const auto account = co_await accounts.find(session.customer);
    if (!account) co_return refusal(account.error());
    if (!*account) co_return refusals::sign_in_needed();
    co_return no_store(json(
        200,
        fmt::format(R"({{"customer":"{}","email":{},"locale":"{}","verified":{},"csrf_token":{},"expires_at":"{}"}})",
                    session.customer.to_string(), quoted((*account)->email), domain::to_string((*account)->locale),
                    (*account)->verified, quoted(session.csrf_token), to_rfc3339(to_unix_ms(session.expires)))));
}

constexpr std::array kSignUpStatuses{202, 400, 413, 429, 503};
constexpr std::array kLinkStatuses{200, 400, 413, 503};
constexpr std::array kLogInStatuses{201, 400, 401, 403, 413, 429, 503};
constexpr std::array kLogOutStatuses{204, 401, 403, 503};
constexpr std::array kMeStatuses{200, 401, 503};

constexpr std::size_t kBodyBytesMax = 256 * 1024;

Route post(std::string_view pattern, std::string_view id, std::string_view summary, std::span<const int> statuses,
           std::string_view request_schema, std::string_view response_schema, Handler handle) {
    return {.method = Method::post,
            .pattern = pattern,
            .operation_id = id,
            .summary = summary,
            .access = Access::open,
            .idempotency_key = false,
            .body_bytes_max = kBodyBytesMax,
            .request_schema = request_schema,
            .response_schema = response_schema,
            .statuses = statuses,
            .handle = std::move(handle),
            .handle_now = {}};
}

}  // namespace

std::vector<Route> accounts_routes(Accounts& accounts, Sessions& sessions, CookieOptions cookie,
                                   GuestBasket guest_basket) {
    std::vector<Route> routes;
    routes.push_back(post("/api/v1/accounts", "signUp", "Sign up; the rest comes by mail", kSignUpStatuses, "SignUp",
                          "Status", [&accounts](const Request& r) { return post_account(accounts, r); }));
    routes.push_back(post("/api/v1/accounts/verify", "verifyAccount", "Follow the link that proves an address",
                          kLinkStatuses, "LinkToken", "Status",
                          [&accounts](const Request& r) { return post_verification(accounts, r); }));
    routes.push_back(post("/api/v1/password-resets", "askPasswordReset", "Ask for a link to a new password",
                          kSignUpStatuses, "PasswordReset", "Status",
                          [&accounts](const Request& r) { return post_password_reset(accounts, r); }));
    routes.push_back(post("/api/v1/password-resets/complete", "completePasswordReset",
                          "Choose a new password; ends all sessions", kLinkStatuses, "PasswordResetCompletion",
                          "Status",
                          [&accounts](const Request& r) { return post_password_reset_completion(accounts, r); }));
    routes.push_back(post("/api/v1/sessions", "logIn", "Log in", kLogInStatuses, "LogIn", "LoggedIn",
                          [&sessions, cookie, guest_basket](const Request& r) {
                              return post_session(sessions, cookie, guest_basket, r);
                          }));
    routes.push_back({.method = Method::del,
                      .pattern = "/api/v1/sessions/current",
                      .operation_id = "logOut",
                      .summary = "Log out",
                      .access = Access::session,
                      .idempotency_key = false,
                      .body_bytes_max = 0,
                      .request_schema = {},
                      .response_schema = {},
                      .statuses = kLogOutStatuses,
                      .handle = [&sessions, cookie](const Request& r) { return delete_session(sessions, cookie, r); },
                      .handle_now = {}});
    routes.push_back({.method = Method::get,
                      .pattern = "/api/v1/me",
                      .operation_id = "getMe",
                      .summary = "Who is logged in",
                      .access = Access::session,
                      .idempotency_key = false,
                      .body_bytes_max = 0,
                      .request_schema = {},
                      .response_schema = "Me",
                      .statuses = kMeStatuses,
                      .handle = [&accounts](const Request& r) { return get_me(accounts, r); },
                      .handle_now = {}});
    return routes;
}

}  // namespace marketday::http
