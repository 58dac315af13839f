#include "http/ready.hpp"

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/hash.hpp"
#include "base/text.hpp"
#include "http/compress.hpp"
#include "http/negotiation.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kCompressFromBytes = 256;

struct Levels {
    int gzip;
    int brotli;
};
constexpr Levels levels_of(CompressionEffort effort) {
    switch (effort) {
        case CompressionEffort::fast: return {.gzip = 1, .brotli = 2};
        case CompressionEffort::thorough: return {.gzip = 6, .brotli = 5};
    }
    return {.gzip = 6, .brotli = 5};
}

struct FormOf {
    int status;
    std::string_view content_type;
    const HeaderLines& headers;
    std::string_view etag;
    bool varies;
};

std::string make_head(const FormOf& of, Encoding encoding, int status) {
    std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, reason_phrase(status));
    for (const auto& [name, value] : of.headers) {
        if (equal_ignoring_case(name, "ETag")) continue;
        head += fmt::format("{}: {}\r\n", name, value);
    }
    if (of.varies) head += "Vary: Accept-Encoding\r\n";
    head += fmt::format("ETag: {}{}\"\r\n", of.etag.substr(0, of.etag.size() - 1), etag_suffix(encoding));
    return head;
}

std::string make_form(const FormOf& of, Encoding encoding, std::string_view body) {
    std::string form = make_head(of, encoding, of.status);
    form += fmt::format("Content-Type: {}\r\n", of.content_type);
    if (encoding == Encoding::gzip) form += "Content-Encoding: gzip\r\n";
    if (encoding == Encoding::brotli) form += "Content-Encoding: br\r\n";
    form += fmt::format("Content-Length: {}\r\n\r\n", body.size());
    form += body;
    return form;
}

std::string etag_of(const HeaderLines& headers, std::string_view body) {
    for (const auto& [name, value] : headers) {
        if (equal_ignoring_case(name, "ETag")) return value;
    }
    const Hash256 hash = blake2b(body);
    return fmt::format("\"{}\"", to_base64url(std::span{hash}.first(12)));
}

}  // namespace

std::shared_ptr<const ReadyResponse> make_ready(int status, std::string_view content_type, const HeaderLines& headers,
                                                std::string_view body, CompressionEffort effort) {
    auto ready = std::make_shared<ReadyResponse>();
    ready->etag = etag_of(headers, body);
    MD_ASSERT(ready->etag.size() >= 2 && ready->etag.ends_with('"'));
    const bool try_compression = body.size() >= kCompressFromBytes && is_compressible(content_type);
    const FormOf of{status, content_type, headers, ready->etag, try_compression};
    ready->identity = make_form(of, Encoding::identity, body);
    ready->not_modified = make_head(of, Encoding::identity, 304) + "\r\n";
    if (!try_compression) return ready;
    const Levels levels = levels_of(effort);
    const std::size_t worth_it = body.size() - body.size() / 10;
    if (const std::string small = gzip(body, levels.gzip); small.size() < worth_it) {
        ready->gzip = make_form(of, Encoding::gzip, small);
    }
    if (const std::string small = brotli(body, levels.brotli); small.size() < worth_it) {
        ready->brotli = make_form(of, Encoding::brotli, small);
    }
    return ready;
}

std::shared_ptr<const ReadyResponse> make_ready(std::string_view content_type, const HeaderLines& headers,
                                                const PreparedBodies& bodies) {
    auto ready = std::make_shared<ReadyResponse>();
    ready->etag = etag_of(headers, bodies.identity);
    const bool varies = !(bodies.gzip.empty() && bodies.brotli.empty());
    const FormOf of{200, content_type, headers, ready->etag, varies};
    ready->identity = make_form(of, Encoding::identity, bodies.identity);
    ready->not_modified = make_head(of, Encoding::identity, 304) + "\r\n";
    if (!bodies.gzip.empty()) ready->gzip = make_form(of, Encoding::gzip, bodies.gzip);
    if (!bodies.brotli.empty()) ready->brotli = make_form(of, Encoding::brotli, bodies.brotli);
    return ready;
}

ReadyParts split_ready(std::string_view form) {
    const std::size_t line = form.find("\r\n") + 2;
    const std::size_t empty_line = form.find("\r\n\r\n", line - 2) + 4;
    return {form.substr(0, line), form.substr(line, empty_line - line), form.substr(empty_line)};
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 100: return "Continue";
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 402: return "Payment Required";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 411: return "Length Required";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        default: return "Status";
    }
}

}  // namespace marketday::http
