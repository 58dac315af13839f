#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace marketday::http {

/// Why a request was refused before any route saw it. Each becomes one problem, and the connection ends.
enum class SyntaxError : std::uint8_t {
    none,
    bare_line_feed,
    folded_header,
    malformed_request_line,
    malformed_header,
    unsupported_version,
    unsupported_method,
    bad_host,
    bad_content_length,
    bad_transfer_encoding,
    unsupported_transfer_encoding,
    unsupported_expectation,
    target_too_long,
    header_too_large,
    too_many_headers,
    bad_chunk,
    body_too_large,
    slow_header,
    slow_body,
    out_of_memory,
};
Problem describe(SyntaxError error);

/// Where the header section ends, found before it is parsed, so that views into the buffer never move while they are
/// made. Goes on where the last call stopped.
class HeadScanner {
public:
    /// The length of the head with its empty line; 0 when more is needed or when `error` was set.
    std::size_t scan(std::string_view bytes, SyntaxError& error);
    void reset() { seen_ = 0; }

private:
    std::size_t seen_ = 0;
};

/// What the server itself needs of a head. Views as in Request.
struct Head {
    unsigned version = 11;
    bool close = false;       // Connection: close
    bool keep_alive = false;  // Connection: keep-alive (matters for HTTP/1.0)
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;
    std::string_view accept_encoding;
    std::string_view if_none_match;
    std::string_view traceparent;
    std::string_view forwarded;
};

/// Beast's parser, made strict (RFC 9112 section 11.2: a proxy in front must never see another message than we do):
/// no repeated Content-Length, no Content-Length beside Transfer-Encoding, no coding but chunked, one valid Host.
/// One parser a request.
class HeadParser final : public boost::beast::http::basic_parser<true> {
public:
    HeadParser(Request& request, Head& head);

    /// `bytes` is a whole head as HeadScanner found it.
    SyntaxError parse(std::string_view bytes);

    /// Decodes chunks of `bytes` into `body`; `consumed` says how many bytes were used. For chunked requests, after
    /// `parse`. Done when `is_done()`.
    SyntaxError decode_chunks(std::string_view bytes, std::size_t body_bytes_max, std::string& body,
                              std::size_t& consumed);

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;

    void on_request_impl(boost::beast::http::verb verb, string_view name, string_view target, int version,
                         error_code& error) override;
    void on_response_impl(int, string_view, int, error_code&) override {}
    void on_field_impl(boost::beast::http::field field, string_view name, string_view value,
                       error_code& error) override;
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view, error_code&) override { return 0; }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t remain, string_view piece, error_code& error) override;
    void on_finish_impl(error_code&) override {}

    void refuse(SyntaxError why, error_code& error);
    SyntaxError accept_target(std::string_view target);

    Request& request_;
    Head& head_;
    std::string* body_ = nullptr;
    std::string_view target_authority_;
    std::string_view host_;
    unsigned hosts_ = 0;
    unsigned content_lengths_ = 0;
    unsigned transfer_encodings_ = 0;
    bool in_trailer_ = false;
    SyntaxError refused_ = SyntaxError::none;
};

}  // namespace marketday::http
