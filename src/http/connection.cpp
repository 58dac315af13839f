#include "http/connection.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/log.hpp"
#include "base/memory_reserve.hpp"
#include "http/phases.hpp"
#include "http/server_state.hpp"
#include "http/trace_context.hpp"
#include "http/url.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kFlushFromBytes = 64 * 1024;
constexpr std::size_t kBodyStepBytes = 16 * 1024;
constexpr std::size_t kChunksBytes = 8 * 1024;
constexpr std::size_t kSpareBytes = 4 * 1024;
constexpr std::size_t kBodyBytesMaxWithoutRoute = 64 * 1024;

/// Lends the server's scratch string, or a fresh one to whoever runs inside another connection's run.
class ScratchLease {
public:
    explicit ScratchLease(ServerState& server) : server_(server), owns_(!server.scratch_taken) {
        server_.scratch_taken = true;
        if (owns_) server_.scratch.clear();
    }
    ~ScratchLease() {
        if (owns_) server_.scratch_taken = false;
    }
    ScratchLease(const ScratchLease&) = delete;
    ScratchLease& operator=(const ScratchLease&) = delete;
    std::string& text() { return owns_ ? server_.scratch : own_; }

private:
    ServerState& server_;
    bool owns_;
    std::string own_;
};

void release(std::string& text) {
    if (text.capacity() > kSpareBytes) std::string{}.swap(text);
}

}  // namespace

Connection::Connection(std::shared_ptr<ServerState> server, const ClientAddress& peer)
    : server_(std::move(server)), buffer_(own_buffer_.data()), peer_(peer) {
    if (server_->options.proxy_protocol && is_listed(server_->options.trusted_proxies, peer_)) {
        stage_ = Stage::proxy_header;
    }
    server_->opened();
    enter(Phase::head);
}

Connection::~Connection() {
    if (!closed_) server_->closed();  // Its operation was given up for want of memory.
    if (buffer_ != own_buffer_.data()) delete[] buffer_;
}

void Connection::on_ready() {
    ready_ = true;
    enter(Phase::idle);
    read_on();
}

void Connection::close() {
    if (closed_) return;
    closed_ = true;
    if (stream_) forget_stream();
    unlink();
    close_transport();
    server_->closed();
}

void Connection::expire() {
    server_->figures.timeouts_total.fetch_add(1, std::memory_order_relaxed);
    if (!ready_ || stage_ == Stage::proxy_header) return close();
    switch (phase_) {
        case Phase::head: return run(nullptr, SyntaxError::slow_header);
        case Phase::body: return run(nullptr, SyntaxError::slow_body);
        case Phase::idle:
        case Phase::writing:
        case Phase::lingering: return close();
        case Phase::handling: return;  // The use case keeps its own deadline.
        case Phase::streaming: return;
    }
}

void Connection::begin_drain() {
    keep_alive_ = false;
    if (stage_ == Stage::streaming) return end_stream();
    if (phase_ == Phase::idle && !may_lose_request()) close();
}

void Connection::enter(Phase phase) {
    // A head or a body that arrives in pieces has one time limit for all of them.
    if (is_linked()) {
        if (phase_ == phase && (phase == Phase::head || phase == Phase::body)) return;
        unlink();
    }
    phase_ = phase;
    since_ = server_->now;
    server_->phases->of(phase).push_back(*this);
}

void Connection::run(Response* late_answer, SyntaxError refusal) {
    const ConnectionPtr alive(this);
    ScratchLease scratch(*server_);
    out_ = &scratch.text();
    out_whole_ = out_->size();
    running_ = true;
    try {
        const GivesUp scope;
        if (refusal == SyntaxError::out_of_memory) {
            give_up();
        } else if (refusal != SyntaxError::none) {
            refuse(refusal);
        }
        if (late_answer != nullptr) answer(std::move(*late_answer));
        while (!closed_ && !writing_ && step()) {
            if (out_->size() >= kFlushFromBytes) flush();
        }
    } catch (const std::bad_alloc&) {
        if (!closed_) give_up();
    }
    if (!closed_) flush();
    running_ = false;
    out_ = nullptr;
    if (!closed_) after_flush();
}

void Connection::give_up() {
    const MustSucceed scope;
    out_->resize(out_whole_);
    refuse(SyntaxError::out_of_memory);
}

bool Connection::step() {
    switch (stage_) {
        case Stage::proxy_header: return read_proxy_header();
        case Stage::head: return read_head();
        case Stage::body: return head_.chunked ? read_chunks() : read_body();
        case Stage::handling:
        case Stage::streaming:
        case Stage::ended: return false;
    }
    return false;
}

void Connection::after_flush() {
    if (writing_) return enter(stage_ == Stage::handling ? Phase::handling : Phase::writing);
    switch (stage_) {
        case Stage::handling: return enter(Phase::handling);
        case Stage::streaming: enter(Phase::streaming); break;
        case Stage::ended:
            // Closing while bytes of the client are unread would reset the connection and lose the answer.
            lingering_ = true;
            enter(Phase::lingering);
            if (!shut_down_sending(reading_)) return;
            break;
        case Stage::body: enter(Phase::body); break;
        case Stage::proxy_header:
        case Stage::head:
            if (begin_ == end_) release_spare_memory();
            enter(begin_ == end_ ? Phase::idle : Phase::head);
            break;
    }
    if (!closed_) read_on();
}

// --- reading ---

void Connection::read_on() {
    try {
        const GivesUp scope;
        read_more();
    } catch (const std::bad_alloc&) {
        reading_ = false;
        if (stage_ == Stage::head || stage_ == Stage::body) return run(nullptr, SyntaxError::out_of_memory);
        close();
    }
}

void Connection::read_more() {
    if (reading_) return;
    reading_ = true;
    if (lingering_) return read_soon(own_buffer_.data(), own_buffer_.size());
    if (stage_ == Stage::body && head_.chunked) {
        return read_soon(chunks_.data() + chunks_have_, chunks_.size() - chunks_have_);
    }
    if (stage_ == Stage::body && body_apart_) {
        if (body_.size() == body_have_) {  // Memory follows what has arrived, not what was announced.
            body_.resize(std::min(static_cast<std::size_t>(head_.content_length),
                                  body_have_ + std::max(body_have_, kBodyStepBytes)));
        }
        return read_soon(body_.data() + body_have_, body_.size() - body_have_);
    }
    if (begin_ == end_ && stage_ != Stage::body) begin_ = end_ = 0;
    if (end_ == capacity_) {
        if (begin_ > 0) {
            std::memmove(buffer_, buffer_ + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        } else {
            grow_buffer(capacity_ * 2);
        }
    }
    read_soon(buffer_ + end_, capacity_ - end_);
}

void Connection::grow_buffer(std::size_t capacity) {
    char* larger = new char[capacity];
    std::memcpy(larger, buffer_ + begin_, end_ - begin_);
    if (buffer_ != own_buffer_.data()) delete[] buffer_;
    buffer_ = larger;
    capacity_ = capacity;
    end_ -= begin_;
    begin_ = 0;
}

void Connection::put_back(std::string_view bytes) {
    begin_ = end_ = 0;
    if (bytes.size() > capacity_) grow_buffer(bytes.size());
    std::memcpy(buffer_, bytes.data(), bytes.size());
    end_ = bytes.size();
}

void Connection::release_spare_memory() {
    if (reading_) return;
    if (buffer_ != own_buffer_.data()) {
        delete[] buffer_;
        buffer_ = own_buffer_.data();
        capacity_ = kBufferBytes;
        begin_ = end_ = 0;
    }
    release(body_);
    release(chunks_);
    release(backlog_);
    release(head_under_way_);
}

void Connection::on_read(const Error& error, std::size_t bytes) {
    reading_ = false;
    if (closed_) return;
    if (error) return close();
    if (lingering_) return read_on();
    server_->now = std::chrono::steady_clock::now();
    server_->figures.received_bytes_total.fetch_add(bytes, std::memory_order_relaxed);
    if (stage_ == Stage::body && head_.chunked) {
        chunks_have_ += bytes;
    } else if (stage_ == Stage::body && body_apart_) {
        body_have_ += bytes;
    } else {
        end_ += bytes;
    }
    run(nullptr, SyntaxError::none);
}

bool Connection::read_proxy_header() {
    const auto header = parse_proxy_v2(unread());
    if (!header) {
        log::warn("http.proxy_header.refused", {{"peer", peer_.to_string()}});
        close();
        return false;
    }
    if (header->bytes == 0) return false;
    begin_ += header->bytes;
    if (header->source) peer_ = *header->source;
    stage_ = Stage::head;
    return true;
}

void Connection::skip_empty_lines() {
    // RFC 9112 section 2.2: some clients send an empty line behind a body.
    while (end_ - begin_ >= 2 && buffer_[begin_] == '\r' && buffer_[begin_ + 1] == '\n') begin_ += 2;
}

bool Connection::read_head() {
    skip_empty_lines();
    if (begin_ == end_) return false;
    SyntaxError error = SyntaxError::none;
    const std::size_t head_bytes = scanner_.scan(unread(), error);
    const Limits& limits = server_->options.limits;
    if (error == SyntaxError::none && std::max(head_bytes, std::size_t{1}) > limits.header_bytes_max) {
        error = SyntaxError::header_too_large;
    }
    if (error == SyntaxError::none && head_bytes == 0) {
        if (unread().size() < limits.header_bytes_max) return false;
        const bool one_line = unread().find('\n') == std::string_view::npos;
        error = one_line ? SyntaxError::target_too_long : SyntaxError::header_too_large;
    }
    scanner_.reset();
    if (error == SyntaxError::none) return accept_head(head_bytes);
    refuse(error);
    return false;
}

void Connection::forget_request() {
    request_.headers.clear();
    request_.method = Method::get;
    request_.target = request_.path = request_.query = request_.body = {};
    request_.session = nullptr;
    request_.trace = nullptr;
    head_ = Head{};
    match_ = Router::Match{};
    refusal_.reset();
    body_.clear();
    body_apart_ = false;
    body_have_ = 0;
    chunks_have_ = 0;
    parser_.reset();
}

bool Connection::accept_head(std::size_t head_bytes) {
    forget_request();
    parser_.emplace(request_, head_);
    SyntaxError error = parser_->parse(unread().substr(0, head_bytes));
    if (error == SyntaxError::none && request_.target.size() > server_->options.limits.target_bytes_max) {
        error = SyntaxError::target_too_long;
    }
    if (error != SyntaxError::none) {
        refuse(error);
        return false;
    }
    begin_ += head_bytes;
    keep_alive_ = (head_.version >= 11 ? !head_.close : head_.keep_alive) && !server_->draining;
    trace_flags_ = continue_trace(head_.traceparent, server_->trace_random, request_.trace_id, request_.span_id);
    identify_client();
    request_start_ = server_->now;
    request_.deadline = request_start_ + server_->options.limits.request_timeout;
    match_ = server_->router.find(request_.method, request_.path, request_.params);
    refusal_ = refuse_by_head();
    if (!head_.chunked && head_.content_length == 0) return dispatch();
    await_body();
    return stage_ == Stage::body || dispatch();
}

void Connection::identify_client() {
    request_.client = peer_;
    if (head_.forwarded.empty() || !is_listed(server_->options.trusted_proxies, peer_)) return;
    std::string all;
    for (const Request::Header& header : request_.headers) {
        if (!equal_ignoring_case(header.name, "forwarded")) continue;
        if (!all.empty()) all += ',';
        all += header.value;
    }
    request_.client = forwarded_client(all, server_->options.trusted_proxies, peer_);
}

void Connection::await_body() {
    const bool complete = !head_.chunked && unread().size() >= head_.content_length;
    if (refusal_ && !complete) {
        keep_alive_ = false;  // The body will not be read.
        return;
    }
    stage_ = Stage::body;
    if (!complete && head_.expects_continue) *out_ += "HTTP/1.1 100 Continue\r\n\r\n";
    if (head_.chunked) {
        chunks_.resize(std::max(kChunksBytes, unread().size()));
        chunks_have_ = unread().copy(chunks_.data(), chunks_.size());
        end_ = begin_;
    } else if (head_.content_length > capacity_ - begin_) {
        body_apart_ = true;
        body_.assign(unread());
        body_have_ = body_.size();
        end_ = begin_;
    }
}

bool Connection::read_body() {
    const std::size_t length = static_cast<std::size_t>(head_.content_length);
    if (body_apart_) {
        if (body_have_ < length) return false;
        request_.body = body_;
        return dispatch();
    }
    if (unread().size() < length) return false;
    request_.body = unread().substr(0, length);
    begin_ += length;
    return dispatch();
}

bool Connection::read_chunks() {
    if (chunks_have_ == 0) return false;
    std::size_t used = 0;
    const std::string_view undecoded{chunks_.data(), chunks_have_};
    const std::size_t body_bytes_max =
        match_.route != nullptr ? match_.route->body_bytes_max : kBodyBytesMaxWithoutRoute;
    SyntaxError error = parser_->decode_chunks(undecoded, body_bytes_max, body_, used);
    std::memmove(chunks_.data(), chunks_.data() + used, chunks_have_ - used);
    chunks_have_ -= used;
    if (error == SyntaxError::none && !parser_->is_done() && chunks_have_ == chunks_.size()) {
        error = SyntaxError::bad_chunk;  // A chunk's own header line fills all the room.
    }
    if (error != SyntaxError::none) {
        refuse(error);
        return false;
    }
    if (!parser_->is_done()) return false;
    request_.body = body_;
    return dispatch();
}

}  // namespace marketday::http
