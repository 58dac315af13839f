#include "http/guests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kFieldsMax = 500;
constexpr std::size_t kSignatureBytes = 16;
constexpr seconds kGuestAge{std::chrono::days{30}};

/// "127.0.0.1:8080" of "http://127.0.0.1:8080".
std::string_view host_of(std::string_view origin) {
    const std::size_t at = origin.find("://");
    return at == std::string_view::npos ? std::string_view{} : origin.substr(at + 3);
}

enum class Says : std::uint8_t { nothing, same_origin, other };

/// Where the browser says that the page stands which sent this (Fetch Metadata; else RFC 6454's Origin).
Says origin_of(const Request& request) {
    const auto site = request.header("sec-fetch-site");
    if (!site.empty()) return site == "same-origin" ? Says::same_origin : Says::other;
    const auto origin = request.header("origin");
    if (origin.empty()) return Says::nothing;
    return equal_ignoring_case(host_of(origin), request.header("host")) ? Says::same_origin : Says::other;
}

}  // namespace

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    if (text.empty() || text.front() == '-') return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return number;
}

Form Form::parse(std::string_view body) {
    Form form;
    while (!body.empty() && form.fields_.size() < kFieldsMax) {
        const std::size_t end = std::min(body.find('&'), body.size());
        const std::string_view field = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (field.empty()) continue;
        const std::size_t equals = std::min(field.find('='), field.size());
        std::string name = decode_form_text(field.substr(0, equals));
        std::string value = decode_form_text(field.substr(std::min(equals + 1, field.size())));
        // What is no text is no answer to a question that was asked in text.
        if (!is_valid_utf8(name) || !is_valid_utf8(value) || value.find('\0') != std::string::npos) continue;
        form.fields_.emplace_back(std::move(name), std::move(value));
    }
    return form;
}

std::string_view Form::text(std::string_view name) const {
    for (const auto& [have, value] : fields_)
        if (have == name) return value;
    return {};
}

bool Form::has(std::string_view name) const {
    return std::ranges::any_of(fields_, [name](const auto& field) { return field.first == name; });
}

std::vector<std::string_view> Form::all(std::string_view name) const {
    std::vector<std::string_view> values;
    for (const auto& [have, value] : fields_)
        if (have == name) values.push_back(value);
    return values;
}

std::optional<std::int64_t> Form::number(std::string_view name) const { return parse_number(text(name)); }

Task<Result<Guest, Guests::Error>> Guests::find(const Request& request) {
    Guest guest;
    if (const auto id = read_id(request.cookie("md_guest"))) {
        guest.id = *id;
    } else {
        random_.fill(guest.id.bytes);
        guest.is_new = true;
    }
    std::string token{request.session_token()};
    if (token.empty()) co_return guest;
    if (const auto* session = authenticate_.cached(token)) {
        guest.session = *session;
        co_return guest;
    }
    auto found = co_await authenticate_.find(std::move(token));
    if (!found) co_return fail(Error::unavailable);
    guest.session = std::move(*found);
    co_return guest;
}

bool Guests::is_own_form(const Request& request, const Form& form, const Guest& guest, bool or_same_site) {
    const Says says = origin_of(request);
    if (says == Says::other) return false;
    if (!guest.session || !request.session_by_cookie()) return true;  // Nothing of anybody's is at stake.
    const std::string_view token = form.text("csrf_token");
    const std::string_view header = request.header("x-csrf-token");
    if (token == guest.session->csrf_token || header == guest.session->csrf_token) return true;
    return or_same_site && says == Says::same_origin;
}

bool Guests::is_cross_site(const Request& request) { return origin_of(request) == Says::other; }

std::string Guests::new_key() {
    std::array<std::uint8_t, 16> bytes{};
    random_.fill(bytes);
    return to_base64url(bytes);
}

std::string Guests::signed_id(const Uuid& id) const {
    const Hash256 mac = blake2b_keyed(options_.key, {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
    std::vector<std::uint8_t> bytes(id.bytes.begin(), id.bytes.end());
    bytes.insert(bytes.end(), mac.begin(), mac.begin() + kSignatureBytes);
    return to_base64url(bytes);
}

std::optional<Uuid> Guests::read_id(std::string_view cookie) const {
    const auto bytes = from_base64url(cookie);
    Uuid id;
    if (!bytes || bytes->size() != id.bytes.size() + kSignatureBytes) return std::nullopt;
    std::copy_n(bytes->begin(), id.bytes.size(), id.bytes.begin());
    const auto expected = from_base64url(signed_id(id));
    if (!expected || !equal_secret(*expected, *bytes)) return std::nullopt;
    return id;
}

void Guests::set_cookie(Response& response, std::string_view name, std::string_view value, seconds max_age,
                        bool for_scripts) const {
    response.headers.emplace_back(
        "Set-Cookie", fmt::format("{}={}; Path=/; Max-Age={}{}; SameSite=Lax{}", name, value, max_age.count(),
                                  for_scripts ? "" : "; HttpOnly", options_.cookie.secure ? "; Secure" : ""));
}

void Guests::remember(Response& response, const Guest& guest) const {
    if (guest.is_new) set_cookie(response, "md_guest", signed_id(guest.id), kGuestAge, false);
}

void Guests::show_units(Response& response, std::int64_t units) const {
    set_cookie(response, "md_basket", std::to_string(units), units == 0 ? seconds{0} : kGuestAge, true);
}

void Guests::begin_session(Response& response, const std::string& token) const {
    set_cookie(response, "md_session", token, options_.cookie.max_age, false);
    set_cookie(response, "md_signed_in", "1", options_.cookie.max_age, true);
}

void Guests::end_session(Response& response) const {
    set_cookie(response, "md_session", "", seconds{0}, false);
    set_cookie(response, "md_signed_in", "", seconds{0}, true);
    set_cookie(response, "md_basket", "", seconds{0}, true);
}

}  // namespace marketday::http
