// How a Connection renders its answers and sends them; reading is in connection.cpp.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/memory_reserve.hpp"
#include "http/compress.hpp"
#include "http/connection.hpp"
#include "http/ready.hpp"
#include "http/render.hpp"
#include "http/server_state.hpp"
#include "http/trace_context.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kCopyBelowBytes = 16 * 1024;  // Smaller bodies are cheaper to copy than to send apart.
constexpr int kFastGzipLevel = 1;
constexpr int kFastBrotliQuality = 2;

std::string* find_header(Response& response, std::string_view name) {
    for (auto& [have, value] : response.headers) {
        if (equal_ignoring_case(have, name)) return &value;
    }
    return nullptr;
}

int status_of(std::string_view form) {
    // "HTTP/1.1 200 OK"
    return (form[9] - '0') * 100 + (form[10] - '0') * 10 + (form[11] - '0');
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

/// Compresses the body in place when the client takes it and it is worth it.
void compress_for(Acceptable acceptable, Response& response) {
    const Encoding encoding = acceptable.brotli ? Encoding::brotli
                              : acceptable.gzip ? Encoding::gzip
                                                : Encoding::identity;
    response.headers.emplace_back("Vary", "Accept-Encoding");
    if (encoding == Encoding::identity) return;
    response.body =
        encoding == Encoding::brotli ? brotli(response.body, kFastBrotliQuality) : gzip(response.body, kFastGzipLevel);
    response.headers.emplace_back("Content-Encoding", encoding == Encoding::brotli ? "br" : "gzip");
    if (std::string* etag = find_header(response, "ETag"); etag != nullptr && etag->ends_with('"')) {
        etag->insert(etag->size() - 1, etag_suffix(encoding));
    }
}

}  // namespace

void Connection::append_changing_headers() {
    *out_ += server_->date_line;
    append_traceparent(*out_, request_.trace_id, request_.span_id, trace_flags_);
    if (!keep_alive_) {
        *out_ += "Connection: close\r\n";
    } else if (head_.version < 11) {
        *out_ += "Connection: keep-alive\r\n";
    }
}

int Connection::append_ready(const Response& response) {
    const auto& ready = response.ready;
    std::string_view form = ready->identity;
    Encoding encoding = Encoding::identity;
    if (!head_.accept_encoding.empty() && !(ready->gzip.empty() && ready->brotli.empty())) {
        const Acceptable acceptable = acceptable_encodings(head_.accept_encoding);
        if (acceptable.brotli && !ready->brotli.empty()) {
            form = ready->brotli;
            encoding = Encoding::brotli;
        } else if (acceptable.gzip && !ready->gzip.empty()) {
            form = ready->gzip;
            encoding = Encoding::gzip;
        }
    }
    const bool reads = request_.method == Method::get || request_.method == Method::head;
    const bool unchanged = reads && !head_.if_none_match.empty() && etag_matches(head_.if_none_match, ready->etag);
    if (unchanged) form = ready->not_modified;
    const std::size_t line = form.find("\r\n") + 2;
    *out_ += form.substr(0, line);
    append_changing_headers();
    for (const auto& [name, value] : response.headers) {
        *out_ += name;
        *out_ += ": ";
        *out_ += value;
        *out_ += "\r\n";
    }
    std::string_view rest = form.substr(line);
    if (unchanged) {
        const std::size_t quote = rest.find(ready->etag) + ready->etag.size() - 1;
        *out_ += rest.substr(0, quote);
        *out_ += etag_suffix(encoding);
        *out_ += rest.substr(quote);
        return 304;
    }
    if (request_.method == Method::head) rest = rest.substr(0, rest.find("\r\n\r\n") + 4);
    if (rest.size() < kCopyBelowBytes) {
        *out_ += rest;
    } else {
        append_large(ready, rest);
    }
    return status_of(form);
}

int Connection::append_plain(Response& response) {
    const Acceptable acceptable = acceptable_encodings(head_.accept_encoding);
    const bool reads = request_.method == Method::get || request_.method == Method::head;
    const std::size_t compress_from = server_->options.limits.compress_from_bytes;
    if (response.status == 200 && reads && !head_.if_none_match.empty()) {
        const std::string* etag = find_header(response, "ETag");
        if (etag != nullptr && etag_matches(head_.if_none_match, *etag)) response.status = 304;
    }
    const bool bodiless = has_no_body(response.status);
    if (!bodiless && compress_from > 0 && response.body.size() >= compress_from &&
        is_compressible(response.content_type) && find_header(response, "Content-Encoding") == nullptr) {
        compress_for(acceptable, response);
    }
    *out_ += "HTTP/1.1 ";
    append_number(*out_, response.status);
    *out_ += ' ';
    *out_ += reason_phrase(response.status);
    *out_ += "\r\n";
    append_changing_headers();
    for (const auto& [name, value] : response.headers) {
        *out_ += name;
        *out_ += ": ";
        *out_ += value;
        *out_ += "\r\n";
    }
    // What belongs to one person must not stay in a shared cache because somebody forgot to say so.
    if (match_.route != nullptr && match_.route->access != Access::open && !find_header(response, "Cache-Control")) {
        *out_ += "Cache-Control: no-store\r\n";
    }
    if (bodiless) {
        *out_ += "\r\n";
        return response.status;
    }
    if (!response.body.empty()) {
        *out_ += "Content-Type: ";
        *out_ += response.content_type;
        *out_ += "\r\n";
    }
    *out_ += "Content-Length: ";
    append_number(*out_, static_cast<std::int64_t>(response.body.size()));
    *out_ += "\r\n\r\n";
    if (request_.method == Method::head) return response.status;
    if (response.body.size() < kCopyBelowBytes) {
        *out_ += response.body;
    } else {
        const auto body = std::make_shared<const std::string>(std::move(response.body));
        append_large(body, *body);
    }
    return response.status;
}

void Connection::append_large(std::shared_ptr<const void> owner, std::string_view body) {
    const MustSucceed scope;  // What has been sent cannot be taken back.
    if (writing_) {
        *out_ += body;
        return;
    }
    Error error;
    const std::size_t sent =
        write_now({boost::asio::buffer(*out_), boost::asio::const_buffer(body.data(), body.size())}, error);
    if (error) return close();
    server_->figures.sent_bytes_total.fetch_add(sent, std::memory_order_relaxed);
    const std::size_t head_sent = std::min(sent, out_->size());
    const std::size_t body_sent = sent - head_sent;
    if (head_sent == out_->size() && body_sent == body.size()) {
        out_->clear();
        return;
    }
    head_under_way_.assign(*out_, head_sent);
    out_->clear();
    tail_owner_ = std::move(owner);
    tail_under_way_ = body.substr(body_sent);
    write_rest();
}

void Connection::flush() {
    if (out_->empty()) return;
    const MustSucceed scope;
    out_whole_ = 0;
    if (writing_) {
        backlog_ += *out_;
        out_->clear();
        return;
    }
    Error error;
    const std::size_t sent = write_now({boost::asio::buffer(*out_), {}}, error);
    if (error) return close();
    server_->figures.sent_bytes_total.fetch_add(sent, std::memory_order_relaxed);
    if (sent < out_->size()) {
        head_under_way_.assign(*out_, sent);
        write_rest();
    }
    out_->clear();
}

void Connection::write_rest() {
    writing_ = true;
    write_soon({boost::asio::buffer(head_under_way_),
                boost::asio::const_buffer(tail_under_way_.data(), tail_under_way_.size())});
}

void Connection::on_written(const Error& error, std::size_t bytes) {
    writing_ = false;
    if (closed_) return;
    if (error) return close();
    server_->now = std::chrono::steady_clock::now();
    server_->figures.sent_bytes_total.fetch_add(bytes, std::memory_order_relaxed);
    head_under_way_.clear();
    tail_owner_.reset();
    tail_under_way_ = {};
    if (!backlog_.empty()) {
        head_under_way_.swap(backlog_);
        write_rest();
        if (stage_ != Stage::handling) enter(Phase::writing);
        return;
    }
    run(nullptr, SyntaxError::none);
}

}  // namespace marketday::http
