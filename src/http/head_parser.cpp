#include "http/head_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <limits>

#include "http/url.hpp"

namespace marketday::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t kHeadersMax = 100;

std::string_view view(boost::beast::string_view text) { return {text.data(), text.size()}; }

/// reg-name, IPv4 or bracketed IPv6, and a port (RFC 3986 section 3.2.2), by its characters.
bool is_valid_host(std::string_view host) {
    if (host.empty() || host.size() > 300) return false;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"-._~!$&'()*+;=%:[]"}.find(c) != std::string_view::npos;
    };
    return std::ranges::all_of(host, allowed);
}

}  // namespace

std::size_t HeadScanner::scan(std::string_view bytes, SyntaxError& error) {
    std::size_t at = seen_;
    while (true) {
        at = bytes.find('\n', at);
        if (at == std::string_view::npos) {
            seen_ = bytes.size();
            return 0;
        }
        if (at == 0 || bytes[at - 1] != '\r') {
            error = SyntaxError::bare_line_feed;
            return 0;
        }
        if (at >= 3 && bytes[at - 2] == '\n') return at + 1;
        if (at + 1 == bytes.size()) {
            seen_ = at;  // Looked at again, with the byte that follows it.
            return 0;
        }
        if (bytes[at + 1] == ' ' || bytes[at + 1] == '\t') {
            error = SyntaxError::folded_header;
            return 0;
        }
        ++at;
    }
}

HeadParser::HeadParser(Request& request, Head& head) : request_(request), head_(head) {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // The connection's buffer is the limit.
    body_limit(boost::none);
}

SyntaxError HeadParser::parse(std::string_view bytes) {
    error_code error;
    put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
    if (refused_ != SyntaxError::none) return refused_;
    if (!error) return SyntaxError::none;
    if (error == beast_http::error::bad_version) return SyntaxError::unsupported_version;
    if (error == beast_http::error::bad_method || error == beast_http::error::bad_target) {
        return SyntaxError::malformed_request_line;
    }
    if (error == beast_http::error::bad_content_length || error == beast_http::error::multiple_content_length) {
        return SyntaxError::bad_content_length;
    }
    if (error == beast_http::error::bad_transfer_encoding) return SyntaxError::bad_transfer_encoding;
    return SyntaxError::malformed_header;
}

SyntaxError HeadParser::decode_chunks(std::string_view bytes, std::size_t body_bytes_max, std::string& body,
                                      std::size_t& consumed) {
    in_trailer_ = true;
    body_ = &body;
    eager(true);
    body_limit(body_bytes_max);
    error_code error;
    consumed = 0;
    // Whatever is still to come of a chunked body has at least these bytes; Beast asserts it when the last chunk's line
    // has come and the rest has not.
    constexpr std::size_t kRestBytesMin = std::string_view{"0\r\n\r\n"}.size();
    while (bytes.size() - consumed >= kRestBytesMin && !is_done()) {
        const std::size_t used =
            put(boost::asio::const_buffer(bytes.data() + consumed, bytes.size() - consumed), error);
        consumed += used;
        if (error || used == 0) break;
    }
    if (!error || error == beast_http::error::need_more) return SyntaxError::none;
    return error == beast_http::error::body_limit ? SyntaxError::body_too_large : SyntaxError::bad_chunk;
}

void HeadParser::refuse(SyntaxError why, error_code& error) {
    if (refused_ == SyntaxError::none) refused_ = why;
    error = beast_http::error::bad_value;
}

void HeadParser::on_request_impl(beast_http::verb verb, string_view, string_view target, int version,
                                 error_code& error) {
    head_.version = static_cast<unsigned>(version);
    switch (verb) {
        case beast_http::verb::get: request_.method = Method::get; break;
        case beast_http::verb::head: request_.method = Method::head; break;
        case beast_http::verb::post: request_.method = Method::post; break;
        case beast_http::verb::put: request_.method = Method::put; break;
        case beast_http::verb::patch: request_.method = Method::patch; break;
        case beast_http::verb::delete_: request_.method = Method::del; break;
        case beast_http::verb::options: request_.method = Method::options; break;
        default: return refuse(SyntaxError::unsupported_method, error);
    }
    const SyntaxError outcome = accept_target(view(target));
    if (outcome != SyntaxError::none) refuse(outcome, error);
}

SyntaxError HeadParser::accept_target(std::string_view target) {
    if (target.empty() || target.find('#') != std::string_view::npos) return SyntaxError::malformed_request_line;
    // Absolute form (RFC 9112 section 3.2.2) must be taken, and its authority beats Host.
    if (target.front() != '/' && target != "*") {
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos) return SyntaxError::malformed_request_line;
        const std::string_view name = target.substr(0, scheme);
        if (!equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) {
            return SyntaxError::malformed_request_line;
        }
        const std::string_view rest = target.substr(scheme + 3);
        const std::size_t path = rest.find_first_of("/?");
        target_authority_ = rest.substr(0, path);
        if (!is_valid_host(target_authority_)) return SyntaxError::bad_host;
        target = path == std::string_view::npos || rest[path] == '?' ? std::string_view{"/"} : rest.substr(path);
    }
    request_.target = target;
    const std::size_t question = target.find('?');
    request_.path = target.substr(0, question);
    request_.query = question == std::string_view::npos ? std::string_view{} : target.substr(question + 1);
    return SyntaxError::none;
}

void HeadParser::on_field_impl(beast_http::field field, string_view raw_name, string_view raw_value,
                               error_code& error) {
    if (in_trailer_) return;  // Trailers may not change what the head said; nobody here wants them.
    const std::string_view name = view(raw_name);
    const std::string_view value = view(raw_value);
    if (request_.headers.size() >= kHeadersMax) return refuse(SyntaxError::too_many_headers, error);
    request_.headers.push_back({name, value});
    switch (field) {
        case beast_http::field::host:
            ++hosts_;
            host_ = value;
            break;
        case beast_http::field::content_length:
            // Beast folds equal repetitions and "5, 5" into one; a proxy may not.
            if (++content_lengths_ > 1 || value.find_first_not_of("0123456789") != std::string_view::npos) {
                return refuse(SyntaxError::bad_content_length, error);
            }
            break;
        case beast_http::field::transfer_encoding:
            if (++transfer_encodings_ > 1) return refuse(SyntaxError::bad_transfer_encoding, error);
            if (!equal_ignoring_case(value, "chunked")) {
                return refuse(SyntaxError::unsupported_transfer_encoding, error);
            }
            break;
        case beast_http::field::expect:
            if (!equal_ignoring_case(value, "100-continue")) {
                return refuse(SyntaxError::unsupported_expectation, error);
            }
            head_.expects_continue = true;
            break;
        case beast_http::field::accept_encoding: head_.accept_encoding = value; break;
        case beast_http::field::if_none_match: head_.if_none_match = value; break;
        case beast_http::field::forwarded: head_.forwarded = value; break;
        default:
            if (name.size() == 11 && equal_ignoring_case(name, "traceparent")) head_.traceparent = value;
            break;
    }
}

void HeadParser::on_header_impl(error_code& error) {
    if (hosts_ > 1 || (hosts_ == 0 && head_.version >= 11)) return refuse(SyntaxError::bad_host, error);
    if (hosts_ == 1 && !is_valid_host(host_)) return refuse(SyntaxError::bad_host, error);
    if (transfer_encodings_ > 0 && (content_lengths_ > 0 || head_.version < 11)) {
        return refuse(SyntaxError::bad_transfer_encoding, error);
    }
    head_.chunked = chunked();
    if (content_lengths_ > 0) head_.content_length = *content_length();
    for (const Request::Header& header : request_.headers) {
        if (header.name.size() != 10 || !equal_ignoring_case(header.name, "connection")) continue;
        std::string_view rest = header.value;
        while (!rest.empty()) {
            const std::string_view option = take_until(rest, ',');
            if (equal_ignoring_case(option, "close")) head_.close = true;
            if (equal_ignoring_case(option, "keep-alive")) head_.keep_alive = true;
        }
    }
}

std::size_t HeadParser::on_chunk_body_impl(std::uint64_t, string_view piece, error_code&) {
    body_->append(piece.data(), piece.size());
    return piece.size();
}

Problem describe(SyntaxError error) {
    const auto bad = [](std::string_view detail) {
        return Problem{.status = 400,
                       .type = "bad-request",
                       .title = "The request is not valid HTTP/1.1.",
                       .detail = std::string{detail},
                       .extra_json = {},
                       .retry_after = {}};
    };
    const auto other = [](int status, std::string_view type, std::string_view title, std::string_view detail) {
        return Problem{.status = status,
                       .type = type,
                       .title = std::string{title},
                       .detail = std::string{detail},
                       .extra_json = {},
                       .retry_after = {}};
    };
    switch (error) {
        case SyntaxError::none: break;
        case SyntaxError::bare_line_feed: return bad("Lines end with CR LF, not with LF alone.");
        case SyntaxError::folded_header: return bad("Header lines must not be folded.");
        case SyntaxError::malformed_request_line: return bad("The request line is malformed.");
        case SyntaxError::malformed_header: return bad("A header line is malformed.");
        case SyntaxError::bad_host: return bad("Send exactly one valid Host header.");
        case SyntaxError::bad_content_length: return bad("Send one Content-Length, a decimal number.");
        case SyntaxError::bad_transfer_encoding:
            return bad("Transfer-Encoding may stand once, in HTTP/1.1, and never beside Content-Length.");
        case SyntaxError::bad_chunk: return bad("The chunked body is malformed.");
        case SyntaxError::unsupported_transfer_encoding:
            return other(501, "transfer-encoding-unsupported", "Only the chunked transfer coding is understood.",
                         "Send the body with Content-Length or with Transfer-Encoding: chunked.");
        case SyntaxError::unsupported_method:
            return other(501, "method-unsupported", "The method is not known here.",
                         "Use the methods in /openapi.json.");
        case SyntaxError::unsupported_version:
            return other(505, "http-version-unsupported", "Only HTTP/1.0 and HTTP/1.1 are spoken here.", "");
        case SyntaxError::unsupported_expectation:
            return other(417, "expectation-failed", "Only Expect: 100-continue is understood.", "");
        case SyntaxError::target_too_long:
            return other(414, "uri-too-long", "The request target is too long.", "Shorten the path or the query.");
        case SyntaxError::header_too_large:
            return other(431, "header-too-large", "The header section is too large.", "Send fewer or shorter headers.");
        case SyntaxError::too_many_headers:
            return other(431, "header-too-large", "There are too many header lines.", "Send at most 100.");
        case SyntaxError::body_too_large:
            return other(413, "body-too-large", "The body is larger than this route takes.",
                         "Send it in smaller parts.");
        case SyntaxError::slow_header:
        case SyntaxError::slow_body:
            return other(408, "request-timeout", "The request took too long to arrive.",
                         "Send it again on a new connection.");
        case SyntaxError::out_of_memory: {
            Problem problem =
                other(503, "outcome-unknown", "The shop is short of memory; this may have happened or not.",
                      "Try again, with the same Idempotency-Key.");
            problem.retry_after = seconds{1};
            return problem;
        }
    }
    return bad("");
}

}  // namespace marketday::http
