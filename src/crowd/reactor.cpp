#include "crowd/reactor.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>

#include "base/assert.hpp"

namespace marketday::crowd {
namespace {

constexpr std::size_t kReceiveBytes = 64 * 1024;
constexpr std::int64_t kExpiryScanUs = 250'000;

timespec to_timespec(std::int64_t us) {
    return {.tv_sec = static_cast<time_t>(us / 1'000'000), .tv_nsec = static_cast<long>(us % 1'000'000 * 1000)};
}

}  // namespace

std::int64_t monotonic_us() {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
}

Reactor::Reactor(const Target& target, Limits limits, Handler& handler)
    : target_(target),
      spread_sources_(target.loopback_v4()),
      limits_(limits),
      handler_(handler),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      buffer_(kReceiveBytes),
      plain_(target.tls ? kReceiveBytes : 0) {
    MD_ASSERT(epoll_ >= 0);
}

Reactor::~Reactor() {
    for (const Connection& connection : connections_) {
        if (connection.fd >= 0) ::close(connection.fd);
    }
    ::close(epoll_);
}

// 127.64.0.1 … 127.127.255.255: never the addresses that servers of this machine listen on.
void Reactor::bind_source(int fd, std::uint32_t source) const {
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(0x7f400000U + 1 + source % 0x3ffffeU);
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);  // the port is chosen at connect, per peer
    // Without an address of its own the shopper comes from 127.0.0.1: slower to run out of ports, not wrong.
    (void)::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from);
}

std::optional<Reactor::Slot> Reactor::open(std::uint32_t source) {
    if (open_count_ >= limits_.connections_max) return std::nullopt;
    if (free_.empty()) {
        free_.push_back(static_cast<Slot>(connections_.size()));
        connections_.emplace_back();
    }
    const Slot slot = free_.back();
    free_.pop_back();
    Connection& connection = connections_[slot];
    ++connection.generation;
    connection.connected = connection.waiting = connection.doomed = false;
    connection.fresh = true;
    connection.unsent.clear();
    connection.held.clear();
    connection.reader.finish();
    connection.at_fallback = false;
    connection.source = source;
    ++open_count_;
    if (!dial(slot, target_.address, target_.address_bytes) && !dial_fallback(slot)) doom(slot);
    return slot;
}

/// Begins to connect; false when that is impossible at once.
bool Reactor::dial(Slot slot, const sockaddr_storage& address, socklen_t address_bytes) {
    Connection& connection = connections_[slot];
    if (target_.tls) connection.tls = std::make_unique<TlsStream>(*target_.tls);
    connection.fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection.fd < 0) {
        connection.fd = ::dup(epoll_);  // a placeholder, so that the loss is reported like any other
        return false;
    }
    const int on = 1;
    setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (spread_sources_) bind_source(connection.fd, connection.source);
    const int result = ::connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), address_bytes);
    if (result != 0 && errno != EINPROGRESS) return false;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = (static_cast<std::uint64_t>(connection.generation) << 32) | slot;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    return true;
}

/// As browsers do with a name of two addresses: whoever is refused at the first takes what he has to say to the second.
bool Reactor::dial_fallback(Slot slot) {
    Connection& connection = connections_[slot];
    if (target_.fallback_bytes == 0 || connection.at_fallback) return false;
    ::close(connection.fd);
    ++connection.generation;
    connection.at_fallback = true;
    return dial(slot, target_.fallback, target_.fallback_bytes);
}

void Reactor::doom(Slot slot) {
    if (connections_[slot].doomed) return;
    connections_[slot].doomed = true;
    doomed_.push_back(slot);
}

void Reactor::send(Slot slot, std::string_view request) {
    Connection& connection = connections_[slot];
    MD_ASSERT(connection.fd >= 0 && !connection.waiting);
    connection.waiting = true;
    connection.deadline_us = monotonic_us() + limits_.request_timeout_us;
    if (connection.tls && !connection.tls->is_ready()) {
        connection.held.assign(request);
    } else if (connection.connected) {
        write_request(connection, slot, request);
    } else {
        connection.unsent.assign(request);
    }
}

void Reactor::write_request(Connection& connection, Slot slot, std::string_view request) {
    if (!connection.tls) return write(connection, slot, request);
    if (!connection.tls->write(request)) return doom(slot);
    write(connection, slot, connection.tls->take_outgoing());
}

void Reactor::write(Connection& connection, Slot slot, std::string_view bytes) {
    if (!connection.unsent.empty()) {
        connection.unsent.append(bytes);
        return;
    }
    const ssize_t sent = ::send(connection.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(bytes.size())) return;
    if (sent < 0 && errno != EAGAIN) return doom(slot);
    connection.unsent.assign(bytes.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent)));
}

void Reactor::close(Slot slot) {
    Connection& connection = connections_[slot];
    if (connection.fd < 0) return;
    ::close(connection.fd);
    connection.fd = -1;
    connection.tls.reset();
    connection.doomed = false;
    ++connection.generation;
    --open_count_;
    free_.push_back(slot);
}

void Reactor::lose(Slot slot, Loss loss) {
    const Connection& connection = connections_[slot];
    const bool idle = !connection.waiting;
    const bool fresh = connection.fresh;
    close(slot);
    handler_.on_lost(slot, loss, idle, fresh);
}

void Reactor::step(std::int64_t until_us) {
    std::int64_t now = monotonic_us();
    std::int64_t wait_us = std::min(until_us, next_expiry_scan_us_) - now;
    if (!timers_.empty()) wait_us = std::min(wait_us, timers_.top().due_us - now);
    if (!doomed_.empty()) wait_us = 0;
    std::array<epoll_event, 512> events;
    const timespec timeout = to_timespec(std::max<std::int64_t>(wait_us, 0));
    const int ready = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &timeout, nullptr);
    for (int i = 0; i < ready; ++i) {
        const std::uint64_t tag = events[static_cast<std::size_t>(i)].data.u64;
        const Slot slot = static_cast<Slot>(tag);
        // An earlier event of this round may have closed the slot, or given it to another connection.
        if (connections_[slot].fd < 0 || connections_[slot].generation != static_cast<std::uint32_t>(tag >> 32))
            continue;
        on_event(slot, events[static_cast<std::size_t>(i)].events);
    }
    std::vector<Slot> doomed;
    doomed.swap(doomed_);  // handlers may open and fail again: those wait for the next round
    for (const Slot slot : doomed) {
        if (connections_[slot].doomed) lose(slot, connections_[slot].connected ? Loss::cut : Loss::unreachable);
    }
    now = monotonic_us();
    while (!timers_.empty() && timers_.top().due_us <= now) {
        const Timer timer = timers_.top();
        timers_.pop();
        handler_.on_timer(timer.token, timer.due_us);
    }
    if (now >= next_expiry_scan_us_) expire(now);
}

void Reactor::expire(std::int64_t now_us) {
    next_expiry_scan_us_ = now_us + kExpiryScanUs;
    for (Slot slot = 0; slot < connections_.size(); ++slot) {
        const Connection& connection = connections_[slot];
        if (connection.fd >= 0 && connection.waiting && connection.deadline_us < now_us) {
            lose(slot, connection.connected ? Loss::timed_out : Loss::unreachable);
        }
    }
}

void Reactor::on_event(Slot slot, std::uint32_t events) {
    Connection& connection = connections_[slot];
    if (!connection.connected) {
        int error = 0;
        socklen_t bytes = sizeof error;
        getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
        if (error != 0 || (events & EPOLLERR) != 0) {
            if (!dial_fallback(slot)) lose(slot, Loss::unreachable);
            return;
        }
        if ((events & EPOLLOUT) == 0) return;
        connection.connected = true;
        if (connection.tls && !shake_hands(slot)) return;
    }
    if ((events & EPOLLOUT) != 0 && !connection.unsent.empty()) on_writable(slot);
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
        on_readable(slot, (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
    }
}

void Reactor::on_writable(Slot slot) {
    Connection& connection = connections_[slot];
    const std::string bytes = std::move(connection.unsent);
    connection.unsent.clear();
    write(connection, slot, bytes);
}

/// Goes on with the handshake; when it is done, sends what waited for it. False when the slot is closed.
bool Reactor::shake_hands(Slot slot) {
    Connection& connection = connections_[slot];
    const auto step = connection.tls->shake_hands();
    if (const std::string bytes = connection.tls->take_outgoing(); !bytes.empty()) write(connection, slot, bytes);
    if (step == TlsStream::Step::failed) {
        lose(slot, Loss::unreachable);
        return false;
    }
    if (step == TlsStream::Step::ready && !connection.held.empty()) {
        const std::string request = std::move(connection.held);
        connection.held.clear();
        write_request(connection, slot, request);
    }
    return true;
}

void Reactor::on_readable(Slot slot, bool until_end) {
    const std::uint32_t generation = connections_[slot].generation;
    while (connections_[slot].generation == generation && connections_[slot].fd >= 0) {
        const ssize_t got = recv(connections_[slot].fd, buffer_.data(), buffer_.size(), 0);
        if (got < 0) {
            if (errno == EAGAIN) return;
            return lose(slot, Loss::cut);
        }
        const std::string_view bytes{buffer_.data(), static_cast<std::size_t>(got)};
        const bool goes_on = got == 0                 ? on_end(slot)
                             : connections_[slot].tls ? on_encrypted(slot, bytes)
                                                      : on_bytes(slot, bytes);
        if (!goes_on) return;
        if (!until_end && got < static_cast<ssize_t>(buffer_.size())) return;
    }
}

/// The three say false when the slot is closed, or given to another connection.
bool Reactor::on_encrypted(Slot slot, std::string_view bytes) {
    const std::uint32_t generation = connections_[slot].generation;
    connections_[slot].tls->received(bytes);
    if (!connections_[slot].tls->is_ready() && !shake_hands(slot)) return false;
    while (connections_[slot].tls->is_ready()) {
        std::size_t count = 0;
        switch (connections_[slot].tls->read(plain_, count)) {
            case TlsStream::Got::nothing: return true;
            case TlsStream::Got::end: return on_end(slot);
            case TlsStream::Got::broken: lose(slot, Loss::garbled); return false;
            case TlsStream::Got::bytes: break;
        }
        if (!on_bytes(slot, {plain_.data(), count}) || connections_[slot].generation != generation) return false;
    }
    return true;
}

bool Reactor::on_bytes(Slot slot, std::string_view bytes) {
    Connection& connection = connections_[slot];
    const std::uint32_t generation = connection.generation;
    // An answer to no question is none.
    const auto step = connection.waiting ? connection.reader.consume(bytes) : ResponseReader::Step::broken;
    if (step == ResponseReader::Step::broken) {
        lose(slot, Loss::garbled);
        return false;
    }
    if (step == ResponseReader::Step::complete) answered(slot);
    return connections_[slot].generation == generation;
}

bool Reactor::on_end(Slot slot) {
    Connection& connection = connections_[slot];
    if (!connection.waiting || connection.reader.end_of_stream() != ResponseReader::Step::complete) {
        lose(slot, Loss::cut);
        return false;
    }
    const std::uint32_t generation = connection.generation;
    answered(slot);
    return connections_[slot].generation == generation;
}

void Reactor::answered(Slot slot) {
    Connection& connection = connections_[slot];
    connection.waiting = false;
    connection.fresh = false;
    const ResponseHead head = connection.reader.head();
    const std::string_view body = connection.reader.body();
    if (!head.keep_alive) close(slot);
    const std::uint32_t generation = connections_[slot].generation;
    handler_.on_answer(slot, head, body);
    // The vector may have grown, and the slot may be another connection's by now (open() has reset its reader then).
    if (connections_[slot].generation == generation) connections_[slot].reader.finish();
}

}  // namespace marketday::crowd
