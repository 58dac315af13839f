#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace marketday::http {

class Connection;

/// An answer that goes on: server-sent events (WHATWG HTML, section 9.2). A handler puts it into `Response::stream` and
/// keeps it; what is pushed before the answer has begun is sent with it. Lives on the server's thread. It ends when
/// either side ends it, when the server drains, and when the client takes its events too slowly.
class EventStream {
public:
    EventStream() = default;
    EventStream(const EventStream&) = delete;
    EventStream& operator=(const EventStream&) = delete;

    /// Sends `bytes`, whole events as `server_sent_event` writes them. False when the stream has ended.
    bool push(std::string_view bytes);
    /// The last event has been pushed: the connection is closed once the client has it.
    void end();
    bool is_open() const { return !ended_; }

private:
    friend class Connection;
    Connection* connection_ = nullptr;  // null before the answer has begun and after the stream has ended
    std::string early_;
    bool ended_ = false;
};

/// One event; `json` holds no line breaks.
std::string server_sent_event(std::string_view id, std::string_view event, std::string_view json);

}  // namespace marketday::http
