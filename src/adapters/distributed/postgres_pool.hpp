#pragma once

#include <atomic>
#include <deque>
#include <list>
#include <memory>

#include "adapters/distributed/postgres_connection.hpp"
#include "base/async/wait.hpp"

namespace marketday::adapters {

/// The connections of one use, opened when they are needed and kept. Used by tasks of one executor.
class PostgresPool {
public:
    struct Options {
        std::string url;
        std::string settings;  // a script that every new connection runs first
        std::size_t connections_max = 1;
        std::size_t waiting_max = 1024;  // who comes when so many wait is refused at once
        milliseconds connect_within{3000};
    };
    /// Read by any thread.
    struct Figures {
        std::atomic<std::size_t> open{0};
        std::atomic<std::size_t> in_use{0};
        std::atomic<std::size_t> waiting{0};
        std::atomic<std::uint64_t> taken{0};
        std::atomic<std::uint64_t> held_ns{0};    // of connections that were given back
        std::atomic<std::uint64_t> waited_ns{0};  // of those who had to wait
        std::atomic<std::uint64_t> refused{0};    // too many waited, or nobody gave one back in time
        std::atomic<std::uint64_t> opened{0};
        std::atomic<std::uint64_t> lost{0};
    };

    PostgresPool(boost::asio::io_context& io, Options options)
        : io_(io), options_(std::move(options)), hosts_(io, options_.url) {}

    /// A connection until `deadline`, at the latest given back then. Null when none came free; throws PostgresError
    /// when none can be opened.
    Task<std::unique_ptr<PostgresConnection>> take(Instant deadline);
    /// A connection that is of no more use is closed, and whoever waits gets a new one.
    void give_back(std::unique_ptr<PostgresConnection> connection, Instant taken_at);
    /// Closes what is idle: after a failover none of them leads anywhere.
    void drop_idle();

    const Figures& figures() const { return figures_; }

private:
    struct Waiter {
        Event woken;
        std::unique_ptr<PostgresConnection> connection;  // none: open one
        bool served = false;
    };
    Task<std::unique_ptr<PostgresConnection>> open(Instant deadline);
    void serve_next(std::unique_ptr<PostgresConnection> connection);

    boost::asio::io_context& io_;
    Options options_;
    PostgresHosts hosts_;
    std::vector<std::unique_ptr<PostgresConnection>> idle_;
    std::list<Waiter*> waiters_;
    std::size_t open_ = 0;  // being opened, idle and in use
    Figures figures_;
};

}  // namespace marketday::adapters
