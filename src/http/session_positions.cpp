#include "http/session_positions.hpp"

#include <fmt/format.h>

#include <charconv>
#include <memory>
#include <span>

#include "base/text.hpp"
#include "http/message.hpp"

namespace marketday::http {
namespace {

constexpr std::string_view kCookie = "md_position";
constexpr std::string_view kHeader = "Marketday-Position";
constexpr std::size_t kSignatureBytes = 16;

bool writes(Method method) { return method != Method::get && method != Method::head && method != Method::options; }

template <class T>
bool read_hex(std::string_view text, T& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    return error == std::errc{} && end == text.data() + text.size();
}

Task<Response> handle_and_tell(const SessionPositions* positions, const Handler* handle, const Request& request) {
    Response response = co_await (*handle)(request);
    const auto asked = co_await positions->ask_for(request);
    positions->note(request, response, asked);
    co_return response;
}

}  // namespace

std::vector<Route> telling_positions(std::vector<Route> routes, const SessionPositions& positions) {
    for (Route& route : routes) {
        if (!writes(route.method)) continue;
        if (route.handle) {
            // Shared by the copies of its handler: the table outlives every request.
            auto inner = std::make_shared<const Handler>(std::move(route.handle));
            route.handle = [inner, told = &positions](const Request& request) {
                return handle_and_tell(told, inner.get(), request);
            };
        }
        if (!route.handle_now) continue;
        route.handle_now = [inner = std::move(route.handle_now), told = &positions](const Request& request) {
            std::optional<Response> response = inner(request);
            if (response) told->note(request, *response);
            return response;
        };
    }
    return routes;
}

Hash256 SessionPositions::signature_of(std::string_view place) const { return blake2b_keyed(options_.key, place); }

std::string SessionPositions::sign(const ports::Position& position) const {
    std::string text = fmt::format("{:x}-{:x}", position.timeline, position.bytes);
    const Hash256 signature = signature_of(text);
    text += '-';
    text += to_hex(std::span{signature}.first(kSignatureBytes));
    return text;
}

std::optional<ports::Position> SessionPositions::verify(std::string_view text) const {
    const std::size_t end = text.rfind('-');
    const std::size_t middle = text.find('-');
    if (end == std::string_view::npos || middle == end) return std::nullopt;
    ports::Position position;
    if (!read_hex(text.substr(0, middle), position.timeline) ||
        !read_hex(text.substr(middle + 1, end - middle - 1), position.bytes))
        return std::nullopt;
    const std::string ours = sign(position);
    const auto bytes = [](std::string_view of) {
        return std::span{reinterpret_cast<const std::uint8_t*>(of.data()), of.size()};
    };
    if (ours.size() != text.size() || !equal_secret(bytes(ours), bytes(text))) return std::nullopt;
    return position;
}

std::optional<ports::Position> SessionPositions::brought_by(const Request& request) const {
    const std::string_view text = request.session_by_cookie() ? request.cookie(kCookie) : request.header(kHeader);
    return text.empty() ? std::nullopt : verify(text);
}

ports::Freshness SessionPositions::of(const Request& request) const {
    if (writes(request.method) || request.session_token().empty()) return ports::Freshness::strict();
    const auto position = brought_by(request);
    return position ? ports::Freshness::own_writes(*position) : ports::Freshness::strict();
}

ports::Freshness own_writes(const SessionPositions* positions, const Request& request) {
    return positions == nullptr ? ports::Freshness::strict() : positions->of(request);
}

Task<std::optional<ports::Position>> SessionPositions::ask_for(const Request& request) const {
    const auto before = brought_by(request);
    if (!before || *before != ports::Position::unknown()) co_return std::nullopt;
    co_return co_await history_.ask();
}

void SessionPositions::note(const Request& request, Response& response,
                            const std::optional<ports::Position>& asked) const {
    if (!writes(request.method)) return;
    // What the answer says tells nothing of what was written: a refusal may have been, and a success may not. Another
    // process may have told the session of a later place than this one knows, so what it brought stays, except for a
    // place that nobody could tell, once the store itself has said how far it is.
    const auto before = brought_by(request);
    const ports::Position known = asked.value_or(before.value_or(ports::Position{}));
    const ports::Position reached = later_of(history_.newest(), known);
    const std::string text = sign(reached);
    const bool cookie = request.session_by_cookie();
    if (!cookie) response.headers.emplace_back(kHeader, text);
    // Who has no session yet may just have opened one, in a browser or not.
    if (cookie || request.session_token().empty())
        response.headers.emplace_back("Set-Cookie", fmt::format("{}={}; Path=/; HttpOnly; SameSite=Lax{}", kCookie,
                                                                text, options_.secure ? "; Secure" : ""));
}

}  // namespace marketday::http
