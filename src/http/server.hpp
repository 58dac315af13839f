#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "http/client_address.hpp"
#include "http/message.hpp"

namespace marketday::http {

/// Bounds on what one client may take.
struct Limits {
    std::size_t header_bytes_max = 16 * 1024;
    std::size_t target_bytes_max = 8 * 1024;
    seconds header_timeout{10};   // From a request's first byte (or the connection's, for TLS) to the end of its head.
    seconds body_timeout{30};     // From the end of the head to the end of the body.
    seconds idle_timeout{75};     // Between requests.
    seconds write_timeout{30};    // For one answer to be taken by the client.
    seconds request_timeout{10};  // Becomes Request::deadline.
    /// Routes that say so are refused while requests wait longer than this to be read; 0: never. See LoopLag.
    milliseconds unread_max{0};
    /// Answers 503 of such routes that are sent at once; past it they wait for up to a second. See WaitingRefusals.
    double refusals_per_s = 5000;
    /// Open connections; 0 derives it from RLIMIT_NOFILE. From nine tenths of it, each new connection closes the one
    /// that has been idle longest.
    std::size_t connections_max = 0;
    /// Answers of handlers are compressed from this size on, if the client takes it; 0: never.
    std::size_t compress_from_bytes = 4096;
    /// Answers of server-sent events at one time; past it 503. 0: none.
    std::size_t streams_max = 0;
};

struct TlsFiles {
    std::string certificate_chain_file;  // PEM
    std::string private_key_file;        // PEM
};

/// What a server has done so far. Written by its own thread, read by any.
struct ServerFigures {
    std::array<std::atomic<std::uint64_t>, 6> answers_by_class{};  // [2] counts 2xx
    std::atomic<std::uint64_t> accepted_total{0};
    std::atomic<std::uint64_t> open_connections{0};
    std::atomic<std::uint64_t> shed_total{0};        // Idle ones closed to make room.
    std::atomic<std::uint64_t> refused_total{0};     // Closed at once: no room at all.
    std::atomic<std::uint64_t> behind_total{0};      // Requests refused because those before them wait too long.
    std::atomic<std::uint64_t> refusals_waiting{0};  // See WaitingRefusals.
    std::atomic<std::uint64_t> malformed_total{0};
    std::atomic<std::uint64_t> timeouts_total{0};
    std::atomic<std::uint64_t> received_bytes_total{0};
    std::atomic<std::uint64_t> sent_bytes_total{0};
    std::atomic<std::uint64_t> open_streams{0};
    std::atomic<std::uint64_t> streams_dropped_total{0};  // Ended because the client took its events too slowly.
};

struct ServerOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one, see Server::port
    std::optional<TlsFiles> tls;
    Limits limits;
    /// Peers whose PROXY v2 header (when `proxy_protocol` is on: required of them) and Forwarded header are believed.
    std::vector<Network> trusted_proxies;
    bool proxy_protocol = false;
    /// Above 0: every answer says that browsers come by TLS alone for this long (RFC 6797).
    seconds strict_transport{0};
    /// Sent, without looking at the request, to whoever finds no room for a connection: a whole answer. Not over TLS.
    std::string full_answer =
        "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n";
    /// Needed when a route has Access::session.
    usecases::Authenticate* authenticate = nullptr;
    /// Decides routes of Access::operator_: its answer refuses the request, nothing lets it through. Absent: all are
    /// refused.
    std::function<std::optional<Response>(const Request&)> refuse_operator;
    /// May turn a problem into something else, a page for a browser, before it is sent.
    std::function<void(const Request&, Response&)> dress_problem;
    /// Told of every answer: `route` is null when none was found; the time runs from the request's last byte.
    std::function<void(const Request&, const Route* route, int status, std::chrono::nanoseconds)> observe;
};

/// An HTTP/1.1 server on the thread that runs `io`; all its members are called there, or before it runs. `executor`
/// runs on the same thread and must live longer than the server. Coroutines of handlers may outlive the server: their
/// answers are dropped.
class Server {
public:
    /// Throws std::invalid_argument for a table of routes that contradicts itself.
    Server(boost::asio::io_context& io, Executor& executor, std::vector<Route> routes, ServerOptions options);
    /// Closes everything at once.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Listens. Throws std::runtime_error with one line that says what to do (address in use, no such certificate).
    void start();
    /// The port that it listens on, after `start`.
    std::uint16_t port() const;
    /// Accepts no more, answers what has arrived with `Connection: close`, and closes idle connections. True when the
    /// last connection ended before `deadline`; the others are then closed.
    Task<bool> drain(Instant deadline);

    const ServerFigures& figures() const;
    const std::vector<Route>& routes() const;

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // Shared with pending operations of Asio, which may complete after the server's end.
};

}  // namespace marketday::http
