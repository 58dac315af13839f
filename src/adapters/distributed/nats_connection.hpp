#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.hpp"

namespace marketday::adapters {

/// A connection to a NATS server or cluster (libnats), made again by itself when it breaks, for ever. Its calls wait,
/// until their time is over at most: they are for the threads of a BlockingPool. Thread-safe.
class NatsConnection {
public:
    struct Options {
        std::vector<std::string> servers;  // nats://[USER:PASSWORD@]HOST:PORT, tls://… with TLS
        std::string tls_ca;                // a PEM file; empty: the system's
        std::string credentials;           // a .creds file; may be empty
    };
    /// Does not wait for a server. Throws std::runtime_error when an option is wrong.
    explicit NatsConnection(const Options& options);
    ~NatsConnection();
    NatsConnection(const NatsConnection&) = delete;
    NatsConnection& operator=(const NatsConnection&) = delete;

    struct Request {
        std::string subject;
        std::string body;
        std::string message_id{};  // JetStream takes a message of one id once; may be empty
    };
    struct Reply {
        enum class Kind {
            answered,
            nobody,   // nobody listens to that subject
            unsent,   // there is no connection: it was not sent
            unknown,  // sent, not answered in time
        };
        Kind kind = Kind::unsent;
        std::string body{};
    };
    /// Sends all requests at once, in their order, and gives their replies in the same order.
    std::vector<Reply> ask(std::vector<Request> requests, milliseconds within);
    Reply ask_one(std::string subject, std::string body, milliseconds within);

    struct Message {
        std::string subject;
        std::string reply_to;  // what acknowledges it
        std::string body;
        std::string message_id;
    };
    struct Fetched {
        Reply::Kind kind = Reply::Kind::unsent;  // of the request
        std::vector<Message> messages;           // those that came before it ended
    };
    /// Asks for messages, which come until one that has a status says that there are no more, or `messages_max` came.
    Fetched fetch(const std::string& subject, const std::string& body, std::size_t messages_max, milliseconds within);

    /// Calls `heard` with the body of whatever is published under `subject` from now on, on a thread of libnats', until
    /// `stop_hearing`; not of what is published while there is no connection, nor when too much comes at once.
    void hear(const std::string& subject, std::function<void(std::string body)> heard);
    /// After it none is called any more.
    void stop_hearing();

    bool connected() const;
    std::size_t payload_bytes_max() const;  // of one message, as the server says
    std::uint64_t reconnects() const;

private:
    struct Wire;
    std::unique_ptr<Wire> wire_;
};

}  // namespace marketday::adapters
