#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/async/wait.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::adapters {

/// An answer of Redis.
struct RedisReply {
    enum class Kind : std::uint8_t { nil, integer, text, list, error };
    Kind kind = Kind::nil;
    std::int64_t integer = 0;
    std::string text;  // of an error too
    std::vector<RedisReply> list;
};

enum class RedisFailure : std::uint8_t {
    unavailable,      // the command was not sent
    outcome_unknown,  // it was sent and not answered in time
};

/// One pipelined connection to a Redis server, on a thread of its own. Nothing that a shopper would miss may depend on
/// it, so it gives up early: a command has `within`, and once the server did not keep to it, every command is refused
/// at once for `rest`. Then the next command has the next server of the list tried, or the next Sentinel asked which
/// server it is, and while that goes on they are all still refused at once, until the server has answered. A server
/// that turns out to be a replica is left too. Calls come from any thread and resume on their caller's executor.
class RedisClient {
public:
    struct Options {
        std::vector<std::string> servers;  // redis://[[USER]:PASSWORD@]HOST:PORT[/DATABASE], rediss://… with TLS
        /// redis://[[USER]:PASSWORD@]HOST:PORT, rediss://… with TLS. When there are some, `servers` is one whose HOST
        /// is the name of the primary that they watch.
        std::vector<std::string> sentinels{};
        std::string tls_ca;        // a PEM file; empty: the system's
        milliseconds within{150};  // of a command; making a connection has twice that
        milliseconds rest{1000};
        std::size_t waiting_max = 10'000;  // commands that wait for their answers; past it they are refused
    };
    /// Does not wait for a server. Throws std::runtime_error when an option is wrong.
    explicit RedisClient(Options options);
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;
    /// Ends the thread; commands that are under way never answer. Before the executors of whoever waits are ended.
    void stop();

    /// `command`: its name and arguments, any bytes.
    Task<Result<RedisReply, RedisFailure>> run(std::vector<std::string> command);
    /// The same, when nobody waits for the answer.
    void send(std::vector<std::string> command);

    struct Figures {
        std::atomic<bool> connected{false};
        std::atomic<std::uint64_t> connects{0};
        std::atomic<std::uint64_t> commands{0};
        std::atomic<std::uint64_t> refused{0};  // at once: no connection, or too many wait
        std::atomic<std::uint64_t> lost{0};     // sent, not answered in time
        std::atomic<std::uint64_t> errors{0};   // answered with an error
    };
    const Figures& figures() const { return *figures_; }

private:
    struct Loop;
    std::unique_ptr<Figures> figures_;
    std::unique_ptr<Loop> loop_;
    std::thread thread_;
};

}  // namespace marketday::adapters
