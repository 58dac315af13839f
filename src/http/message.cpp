#include "http/message.hpp"

#include <fmt/format.h>

#include "base/log.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::string_view bearer_token(std::string_view authorization) {
    if (authorization.size() <= kBearer.size()) return {};
    if (!equal_ignoring_case(authorization.substr(0, kBearer.size()), kBearer)) return {};
    return trim(authorization.substr(kBearer.size()));
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
    }
    return "GET";
}

std::string_view Request::header(std::string_view name) const {
    for (const Header& header : headers) {
        if (equal_ignoring_case(header.name, name)) return header.value;
    }
    return {};
}

std::optional<std::string> Request::query_param(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const std::string_view pair = take_until(rest, '&');
        const std::size_t equals = pair.find('=');
        if (decode_form_text(pair.substr(0, equals)) != name) continue;
        return equals == std::string_view::npos ? std::string{} : decode_form_text(pair.substr(equals + 1));
    }
    return std::nullopt;
}

std::string_view Request::cookie(std::string_view name) const {
    for (const Header& header : headers) {
        if (!equal_ignoring_case(header.name, "cookie")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::string_view pair = take_until(rest, ';');
            const std::size_t equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
        }
    }
    return {};
}

std::string_view Request::session_token() const {
    const std::string_view bearer = bearer_token(header("authorization"));
    return bearer.empty() ? cookie("md_session") : bearer;
}

bool Request::session_by_cookie() const {
    return bearer_token(header("authorization")).empty() && !cookie("md_session").empty();
}

Response problem(const Problem& problem) {
    Response response;
    response.status = problem.status;
    response.content_type = "application/problem+json";
    std::string& body = response.body;
    body = "{\"type\":";
    log::append_json_string(body, fmt::format("/problems/{}", problem.type));
    body += ",\"title\":";
    log::append_json_string(body, problem.title);
    body += fmt::format(",\"status\":{}", problem.status);
    if (!problem.detail.empty()) {
        body += ",\"detail\":";
        log::append_json_string(body, problem.detail);
    }
    if (!problem.extra_json.empty()) {
        body += ',';
        body += problem.extra_json;
    }
    body += '}';
    response.headers.emplace_back("Cache-Control", "no-store");
    if (problem.retry_after) response.headers.emplace_back("Retry-After", std::to_string(problem.retry_after->count()));
    return response;
}

Response json(int status, std::string body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

}  // namespace marketday::http
