#include "http/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <stdexcept>

#include "base/async/wait.hpp"
#include "base/log.hpp"
#include "base/memory_reserve.hpp"
#include "http/connection.hpp"
#include "http/phases.hpp"
#include "http/server_state.hpp"
#include "http/tls_connection.hpp"

namespace marketday::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Error = boost::system::error_code;
using IoExecutor = asio::io_context::executor_type;

constexpr milliseconds kTick{250};
constexpr seconds kLingerTime{2};
constexpr seconds kDrainIdleTime{1};
constexpr int kBacklog = 4096;
constexpr int kAcceptsInARow = 64;
constexpr std::size_t kDescriptorsForOthers = 128;  // database files, listeners, outgoing connections
constexpr std::size_t kSparedMax = 64;
constexpr std::size_t kLeavingMax = 32;
constexpr milliseconds kLeavingTime{500};
constexpr int kReadsOfLeaving = 4;
constexpr std::size_t kShedWhenOutOfDescriptors = 32;

std::size_t connections_max_of(const Limits& limits) {
    if (limits.connections_max != 0) return limits.connections_max;
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 100'000;
    const auto descriptors = static_cast<std::size_t>(limit.rlim_cur);
    return descriptors > 2 * kDescriptorsForOthers ? descriptors - kDescriptorsForOthers
                                                   : std::max<std::size_t>(descriptors / 2, 8);
}

ClientAddress address_of(const tcp::endpoint& endpoint) {
    const auto address = endpoint.address();
    ClientAddress client;
    client.bytes = address.is_v4() ? asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes()
                                   : address.to_v6().to_bytes();
    return client;
}

bool out_of_descriptors(const Error& error) {
    return error == asio::error::no_descriptors || error == asio::error::no_memory ||
           error == asio::error::no_buffer_space || error == boost::system::errc::too_many_files_open_in_system;
}

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return fmt::format("Date: {}, {:02} {} {} {:02}:{:02}:{:02} GMT\r\n",
                       kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                       kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900, parts.tm_hour,
                       parts.tm_min, parts.tm_sec);
}

std::uint64_t random_seed() {
    SystemRandom random;
    return random.u64();
}

}  // namespace

ServerState::ServerState(Executor& runs_on, std::vector<Route> routes, ServerOptions with)
    : executor(runs_on),
      router(std::move(routes)),
      options(std::move(with)),
      trace_random(random_seed()),
      now(std::chrono::steady_clock::now()),
      lag(options.limits.unread_max),
      refusals(options.limits.refusals_per_s),
      phases(std::make_unique<Phases>()) {
    renew_date_line();
}

void ServerState::renew_date_line() {
    date_line = http_date();
    date_line += "X-Content-Type-Options: nosniff\r\n";
    if (const auto age = options.strict_transport; age > seconds{0})
        date_line += fmt::format("Strict-Transport-Security: max-age={}\r\n", age.count());
}

ServerState::~ServerState() = default;

void ServerState::opened() { figures.open_connections.fetch_add(1, std::memory_order_relaxed); }

void ServerState::closed() {
    if (figures.open_connections.fetch_sub(1, std::memory_order_relaxed) == 1 && on_last_closed) on_last_closed();
}

class Server::Impl : public std::enable_shared_from_this<Impl> {
public:
    Impl(asio::io_context& io, Executor& executor, std::vector<Route> routes, ServerOptions options)
        : io_(io),
          acceptor_(io),
          timer_(io),
          state_(std::make_shared<ServerState>(executor, std::move(routes), std::move(options))),
          connections_max_(connections_max_of(state_->options.limits)) {}

    void start();
    void stop();
    Task<bool> drain(Instant deadline);
    std::uint16_t port() const { return port_; }
    ServerState& state() { return *state_; }

private:
    void listen();
    void accept_soon();
    void on_accept(const Error& error, Socket socket);
    void accept_waiting(int at_most);
    void take(Socket socket);
    void send_away(Socket socket);
    static void take_what_came(Socket& socket);
    void close_leaving();
    bool make_room();
    std::size_t shed(Phase phase, std::size_t at_most);
    void tick_soon();
    void tick();
    void expire(Phase phase, seconds after);
    void close_all();

    asio::io_context& io_;
    asio::basic_socket_acceptor<tcp, IoExecutor> acceptor_;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, IoExecutor>
        timer_;
    tcp::endpoint peer_;
    std::shared_ptr<ServerState> state_;
    std::unique_ptr<TlsContext> tls_;
    std::size_t connections_max_;
    std::uint16_t port_ = 0;
    /// Those who found no room: they have their answer, and their descriptors are of those kept for others.
    struct Leaving {
        Socket socket;
        Instant since;
    };
    std::deque<Leaving> leaving_;
    bool accept_paused_ = false;
    bool stopped_ = false;
    Event all_closed_;
};

void Server::Impl::start() {
    if (state_->options.tls) tls_ = std::make_unique<TlsContext>(*state_->options.tls);
    listen();
    accept_soon();
    tick_soon();
}

void Server::Impl::listen() {
    const ServerOptions& options = state_->options;
    Error error;
    const auto address = asio::ip::make_address(options.address, error);
    if (error) throw std::runtime_error(fmt::format("cannot listen on '{}': give an IP address", options.address));
    const tcp::endpoint endpoint(address, options.port);
    acceptor_.open(endpoint.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error) {
        throw std::runtime_error(fmt::format("cannot listen on {}:{}: {}; choose another address or port",
                                             options.address, options.port, error.message()));
    }
    acceptor_.non_blocking(true);
    port_ = acceptor_.local_endpoint().port();
}

void Server::Impl::accept_soon() {
    from_reserve([this] {
        acceptor_.async_accept(io_, peer_, [self = shared_from_this()](const Error& error, Socket socket) {
            self->on_accept(error, std::move(socket));
        });
    });
}

void Server::Impl::on_accept(const Error& error, Socket socket) {
    if (stopped_ || !acceptor_.is_open()) return;
    state_->now = std::chrono::steady_clock::now();
    if (!error) {
        take(std::move(socket));
        accept_waiting(kAcceptsInARow);
    } else if (out_of_descriptors(error)) {
        log::warn("http.accept.out_of_descriptors",
                  {{"open_connections", state_->figures.open_connections.load(std::memory_order_relaxed)}});
        if (shed(Phase::idle, kShedWhenOutOfDescriptors) + shed(Phase::head, kShedWhenOutOfDescriptors) == 0) {
            accept_paused_ = true;  // The next tick tries again; trying at once would spin.
            return;
        }
    }
    if (acceptor_.is_open()) accept_soon();
}

void Server::Impl::accept_waiting(int at_most) {
    for (int i = 0; i < at_most; ++i) {
        Error error;
        Socket socket(io_);
        acceptor_.accept(socket, peer_, error);
        if (error) return;
        take(std::move(socket));
    }
}

void Server::Impl::take(Socket socket) {
    state_->figures.accepted_total.fetch_add(1, std::memory_order_relaxed);
    if (!make_room()) {
        state_->figures.refused_total.fetch_add(1, std::memory_order_relaxed);
        if (!tls_) send_away(std::move(socket));
        return;
    }
    Error ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const ClientAddress peer = address_of(peer_);
    const ConnectionPtr connection = tls_ ? make_tls_connection(state_, std::move(socket), peer, *tls_)
                                          : make_plain_connection(state_, std::move(socket), peer);
    connection->begin();
}

void Server::Impl::send_away(Socket socket) {
    const std::string& full = state_->options.full_answer;
    take_what_came(socket);
    ::send(socket.native_handle(), full.data(), full.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(socket.native_handle(), SHUT_WR);
    // A request that comes after the close would make the kernel take the answer back (RFC 9112 section 9.6), so a few
    // stay open until the next ticks.
    if (leaving_.size() >= kLeavingMax) leaving_.pop_front();
    leaving_.push_back({std::move(socket), state_->now});
}

void Server::Impl::take_what_came(Socket& socket) {
    std::array<char, 4096> nothing;
    for (int i = 0; i < kReadsOfLeaving; ++i)
        if (::recv(socket.native_handle(), nothing.data(), nothing.size(), MSG_DONTWAIT) <= 0) return;
}

void Server::Impl::close_leaving() {
    for (Leaving& one : leaving_) take_what_came(one.socket);
    while (!leaving_.empty() && (stopped_ || state_->now - leaving_.front().since >= kLeavingTime))
        leaving_.pop_front();
}

bool Server::Impl::make_room() {
    const std::size_t open = state_->figures.open_connections.load(std::memory_order_relaxed);
    if (open < connections_max_ - connections_max_ / 10) return true;
    if (shed(Phase::idle, 1) == 1) return true;
    if (open < connections_max_) return true;
    return shed(Phase::lingering, 1) + shed(Phase::head, 1) > 0;
}

std::size_t Server::Impl::shed(Phase phase, std::size_t at_most) {
    auto& list = state_->phases->of(phase);
    std::size_t closed = 0;
    std::size_t spared = 0;
    for (auto at = list.begin(); at != list.end() && closed < at_most && spared < kSparedMax;) {
        const ConnectionPtr connection(&*at++);
        if (phase == Phase::idle && connection->may_lose_request()) {
            ++spared;
            continue;
        }
        connection->close();
        ++closed;
    }
    state_->figures.shed_total.fetch_add(closed, std::memory_order_relaxed);
    return closed;
}

void Server::Impl::tick_soon() {
    timer_.expires_after(kTick);
    from_reserve([this] {
        timer_.async_wait([self = shared_from_this()](const Error& error) {
            if (!error && !self->stopped_) self->tick();
        });
    });
}

void Server::Impl::tick() {
    state_->now = std::chrono::steady_clock::now();
    state_->renew_date_line();
    const Limits& limits = state_->options.limits;
    expire(Phase::idle, state_->draining ? std::min(kDrainIdleTime, limits.idle_timeout) : limits.idle_timeout);
    expire(Phase::head, limits.header_timeout);
    expire(Phase::body, limits.body_timeout);
    expire(Phase::writing, limits.write_timeout);
    expire(Phase::lingering, kLingerTime);
    close_leaving();
    MemoryReserve::refill();
    if (accept_paused_ && acceptor_.is_open()) {
        accept_paused_ = false;
        accept_soon();
    }
    tick_soon();
}

void Server::Impl::expire(Phase phase, seconds after) {
    auto& list = state_->phases->of(phase);
    while (!list.empty() && state_->now - list.front().since() >= after) {
        const ConnectionPtr connection(&list.front());
        connection->expire();
        // Whatever expire does moves it to another list or closes it; if not, the loop must not see it again.
        if (connection->is_linked() && connection->phase() == phase && &list.front() == connection.get())
            connection->close();
    }
}

void Server::Impl::close_all() {
    for (auto& list : state_->phases->lists) {
        while (!list.empty()) {
            const ConnectionPtr connection(&list.front());
            connection->close();
        }
    }
}

Task<bool> Server::Impl::drain(Instant deadline) {
    const std::shared_ptr<Impl> self = shared_from_this();
    state_->draining = true;
    if (acceptor_.is_open()) {
        // Whoever has connected gets an answer.
        accept_waiting(kBacklog);
        Error ignored;
        acceptor_.close(ignored);
    }
    // Later, never inside the call of the connection that closes.
    state_->on_last_closed = [weak = weak_from_this()] {
        const auto impl = weak.lock();
        if (impl) impl->state_->executor.soon([impl] { impl->all_closed_.set(); });
    };
    for (auto& list : state_->phases->lists) {
        for (auto at = list.begin(); at != list.end();) {
            Connection& connection = *at++;
            connection.begin_drain();
        }
    }
    if (state_->figures.open_connections.load(std::memory_order_relaxed) == 0) all_closed_.set();
    const bool finished = co_await all_closed_.wait(deadline);
    close_all();
    co_return finished;
}

void Server::Impl::stop() {
    stopped_ = true;
    state_->on_last_closed = nullptr;
    Error ignored;
    acceptor_.close(ignored);
    timer_.cancel();
    close_all();
}

Server::Server(asio::io_context& io, Executor& executor, std::vector<Route> routes, ServerOptions options)
    : impl_(std::make_shared<Impl>(io, executor, std::move(routes), std::move(options))) {}

Server::~Server() { impl_->stop(); }

void Server::start() { impl_->start(); }
std::uint16_t Server::port() const { return impl_->port(); }
Task<bool> Server::drain(Instant deadline) { return impl_->drain(deadline); }
const ServerFigures& Server::figures() const { return impl_->state().figures; }
const std::vector<Route>& Server::routes() const { return impl_->state().router.routes(); }

}  // namespace marketday::http
