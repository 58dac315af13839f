// Answers that go on: server-sent events.

#include <fmt/format.h>

#include "base/memory_reserve.hpp"
#include "http/connection.hpp"
#include "http/event_stream.hpp"
#include "http/server_state.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kBacklogBytesMax = 1024 * 1024;

Response too_many_streams() {
    return problem({.status = 503,
                    .type = "busy",
                    .title = "Too many are watching already.",
                    .detail = "Close a window that is not needed, or try again later.",
                    .extra_json = {},
                    .retry_after = seconds{5}});
}

}  // namespace

bool EventStream::push(std::string_view bytes) {
    if (ended_) return false;
    if (connection_ != nullptr) return connection_->push_events(bytes);
    early_ += bytes;
    return true;
}

void EventStream::end() {
    if (ended_) return;
    ended_ = true;
    if (connection_ != nullptr) connection_->end_stream();
}

std::string server_sent_event(std::string_view id, std::string_view event, std::string_view json) {
    return fmt::format("id: {}\nevent: {}\ndata: {}\n\n", id, event, json);
}

void Connection::begin_stream(std::shared_ptr<EventStream> stream) {
    ServerFigures& figures = server_->figures;
    if (figures.open_streams.load(std::memory_order_relaxed) >= server_->options.limits.streams_max) {
        stream->ended_ = true;
        return answer(too_many_streams());
    }
    const MustSucceed scope;
    keep_alive_ = false;  // Its end is the connection's.
    *out_ += "HTTP/1.1 200 OK\r\n";
    append_changing_headers();
    // The last header keeps proxies from holding events back.
    *out_ += "Content-Type: text/event-stream\r\nCache-Control: no-store\r\nX-Accel-Buffering: no\r\n\r\n";
    finish_request(200);
    if (request_.method == Method::head) stream->ended_ = true;
    if (stream->ended_) {
        if (request_.method != Method::head) *out_ += stream->early_;
        return;
    }
    figures.open_streams.fetch_add(1, std::memory_order_relaxed);
    *out_ += stream->early_;
    std::string{}.swap(stream->early_);
    stage_ = Stage::streaming;
    lingering_ = true;  // Whatever the client still says is read and dropped, so that its leaving is noticed.
    stream_ = std::move(stream);
    stream_->connection_ = this;
}

bool Connection::push_events(std::string_view bytes) {
    const ConnectionPtr alive(this);
    if (closed_) return false;
    if (running_) {
        *out_ += bytes;
        return true;
    }
    if (writing_) {
        if (backlog_.size() + bytes.size() <= kBacklogBytesMax) {
            backlog_ += bytes;
            return true;
        }
        server_->figures.streams_dropped_total.fetch_add(1, std::memory_order_relaxed);
        close();
        return false;
    }
    server_->now = std::chrono::steady_clock::now();
    Error error;
    const std::size_t sent = write_now({boost::asio::buffer(bytes.data(), bytes.size()), {}}, error);
    if (error) {
        close();
        return false;
    }
    server_->figures.sent_bytes_total.fetch_add(sent, std::memory_order_relaxed);
    if (sent == bytes.size()) return true;
    head_under_way_.assign(bytes.substr(sent));
    write_rest();
    enter(Phase::writing);  // So that a client that takes nothing for too long is closed.
    return true;
}

void Connection::end_stream() {
    if (stage_ != Stage::streaming) return;
    const ConnectionPtr alive(this);
    stage_ = Stage::ended;
    forget_stream();
    // Otherwise what is under way ends it when it is done.
    if (!writing_ && !running_) after_flush();
}

void Connection::forget_stream() {
    if (!stream_) return;
    server_->figures.open_streams.fetch_sub(1, std::memory_order_relaxed);
    stream_->ended_ = true;
    stream_->connection_ = nullptr;
    stream_.reset();
}

}  // namespace marketday::http
