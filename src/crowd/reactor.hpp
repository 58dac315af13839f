#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "crowd/response_reader.hpp"
#include "crowd/target.hpp"

namespace marketday::crowd {

/// Microseconds of CLOCK_MONOTONIC.
std::int64_t monotonic_us();

/// The one thread of a crowd process: non-blocking connections over epoll, and timers. Each connection has at most one
/// request under way. Nothing is allocated for a request whose response arrives in one piece.
class Reactor {
public:
    using Slot = std::uint32_t;
    static constexpr Slot kNoSlot = UINT32_MAX;

    enum class Loss : std::uint8_t {
        unreachable,  // no connection came about: the request did not happen
        cut,          // closed or reset after the request may have left
        timed_out,    // no complete answer within the time limit
        garbled,      // not HTTP
    };

    class Handler {
    public:
        virtual ~Handler() = default;
        /// `body` holds only until the handler opens or sends. The slot is closed already when !head.keep_alive.
        virtual void on_answer(Slot slot, const ResponseHead& head, std::string_view body) = 0;
        /// The slot is closed. `idle`: no request was under way. `fresh`: it had never carried an answer.
        virtual void on_lost(Slot slot, Loss loss, bool idle, bool fresh) = 0;
        virtual void on_timer(std::uint32_t token, std::int64_t due_us) = 0;
    };

    struct Limits {
        std::uint32_t connections_max = 0;
        std::int64_t request_timeout_us = 30'000'000;
    };

    Reactor(const Target& target, Limits limits, Handler& handler);
    ~Reactor();
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    /// Begins to connect. `source` picks the address 127.x.y.z that it comes from, when the target is on loopback.
    /// Nothing when connections_max are open.
    std::optional<Slot> open(std::uint32_t source);
    /// Sends a whole request now, or as soon as the connection stands. Failures arrive at on_lost, never inside the
    /// call.
    void send(Slot slot, std::string_view request);
    void close(Slot slot);
    bool is_open(Slot slot) const { return connections_[slot].fd >= 0; }
    std::uint32_t open_count() const { return open_count_; }

    /// on_timer(token, due_us) at that time. Timers are not cancelled: the handler ignores those that it no longer
    /// wants.
    void wake_at(std::int64_t due_us, std::uint32_t token) { timers_.push({due_us, token}); }

    /// Waits for something to happen, at most until `until_us`, and handles all of it.
    void step(std::int64_t until_us);

private:
    struct Connection {
        int fd = -1;
        std::uint32_t generation = 0;
        bool connected = false;
        bool waiting = false;  // a request is under way
        bool fresh = true;
        bool at_fallback = false;
        std::uint32_t source = 0;
        bool doomed = false;  // failed inside send(); reported from step()
        std::int64_t deadline_us = 0;
        std::string unsent;
        std::unique_ptr<TlsStream> tls;
        std::string held;  // the request, while the handshake is not done
        ResponseReader reader;
    };
    struct Timer {
        std::int64_t due_us;
        std::uint32_t token;
        bool operator>(const Timer& other) const { return due_us > other.due_us; }
    };

    void on_event(Slot slot, std::uint32_t events);
    void on_writable(Slot slot);
    void on_readable(Slot slot, bool until_end);
    void write(Connection& connection, Slot slot, std::string_view bytes);
    void write_request(Connection& connection, Slot slot, std::string_view request);
    bool shake_hands(Slot slot);
    bool on_encrypted(Slot slot, std::string_view bytes);
    bool on_bytes(Slot slot, std::string_view bytes);
    bool on_end(Slot slot);
    void answered(Slot slot);
    void lose(Slot slot, Loss loss);
    void doom(Slot slot);
    void expire(std::int64_t now_us);
    bool dial(Slot slot, const sockaddr_storage& address, socklen_t address_bytes);
    bool dial_fallback(Slot slot);
    void bind_source(int fd, std::uint32_t source) const;

    Target target_;
    bool spread_sources_ = false;
    Limits limits_;
    Handler& handler_;
    int epoll_ = -1;
    std::vector<Connection> connections_;
    std::vector<Slot> free_;
    std::vector<Slot> doomed_;
    std::uint32_t open_count_ = 0;
    std::int64_t next_expiry_scan_us_ = 0;
    std::priority_queue<Timer, std::vector<Timer>, std::greater<>> timers_;
    std::vector<char> buffer_;
    std::vector<char> plain_;  // what TLS has unwrapped
};

}  // namespace marketday::crowd
