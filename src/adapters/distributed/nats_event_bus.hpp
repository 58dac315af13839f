#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

#include "adapters/distributed/nats_connection.hpp"
#include "adapters/distributed/nats_stream_api.hpp"
#include "adapters/distributed/postgres_event_bus.hpp"
#include "adapters/distributed/postgres_set_aside.hpp"
#include "base/async/blocking.hpp"

namespace marketday::adapters {

/// A bus over NATS JetStream: messages travel in one stream, each group is a durable pull consumer of it. What a
/// consumer could not deal with is set aside in PostgreSQL (ADR 0012): there it waits, comes again and dies. The outbox
/// stays the truth: when the stream is gone, everything that the outbox keeps is sent once more. A message's position
/// is its sequence in the stream after the time in milliseconds when the stream was made: far above what PostgreSQL
/// counts, and above those of a stream that was lost.
class NatsEventBus final : public ports::EventBus {
public:
    struct Options {
        NatsConnection::Options connection;
        std::string stream = "marketday";  // also the first word of its subjects; [A-Za-z0-9_-]
        std::int64_t replicas = 1;
        milliseconds within{5000};  // of one request
        std::size_t threads = 2;
    };
    NatsEventBus(PostgresDatabase& database, const Clock& clock, Options options);
    /// Ends the threads; requests that are under way never answer. Before the executors of whoever waits are ended.
    void stop() {
        nats_.stop_hearing();
        pool_.stop();
    }
    /// Calls `heard` on `executor` with the body of each message of a topic that the stream takes from now on: every
    /// process hears all of them, at most once. What is published while this process has no connection it never hears.
    /// Until `stop`.
    void hear(const std::string& topic, Executor& executor, std::function<void(std::string body)> heard);

    Answer<std::monostate> publish(std::vector<Message> messages, ports::Fence fence) override;
    Answer<std::monostate> ensure_group(Group group) override;
    Answer<std::vector<Delivery>> pull(std::string group, std::size_t messages_max) override;
    Answer<std::monostate> acknowledge(std::string group, std::vector<std::int64_t> positions) override;
    Answer<std::monostate> reject(std::string group, std::int64_t position, std::string reason) override;
    Answer<std::vector<DeadLetter>> dead_letters(std::string group, std::int64_t before_position,
                                                 std::size_t letters_max) override;
    Answer<bool> revive(std::string group, std::int64_t position) override;
    /// What other processes were given and have not acknowledged is counted by `backlogs`, not listed here.
    Answer<std::vector<Waiting>> waiting(std::string group, std::string topic, std::int64_t after_position,
                                         std::size_t messages_max) override;
    Answer<bool> hurry(std::string group, std::int64_t position) override;
    Answer<std::vector<Backlog>> backlogs() override;
    Answer<std::size_t> purge(WallTime before, std::size_t messages_max, ports::Fence fence) override;

    struct Figures {
        std::atomic<std::uint64_t> published{0};
        std::atomic<std::uint64_t> delivered{0};
        std::atomic<std::uint64_t> heard{0};
        std::atomic<std::uint64_t> set_aside{0};
        std::atomic<std::uint64_t> oversized{0};  // went by PostgreSQL, since the server takes no message of their size
        std::atomic<std::uint64_t> failures{0};   // requests without an answer
        std::atomic<std::uint64_t> begun_anew{0};  // streams that were gone and were made again
    };
    const Figures& figures() const { return figures_; }
    bool connected() const { return nats_.connected(); }
    std::uint64_t reconnects() const { return nats_.reconnects(); }

private:
    using Reply = NatsConnection::Reply;
    using Request = NatsConnection::Request;
    struct GivenOut {
        std::string acknowledge_to;
        Message message;
        std::int64_t deliveries = 1;
        Instant until{};  // then somebody else may have it
    };
    struct Known {
        Group group;
        std::map<std::int64_t, GivenOut> given_out;
    };

    std::int64_t position_of(std::int64_t sequence) const { return stream_made_ms_ + sequence; }
    std::int64_t sequence_of(std::int64_t position) const {
        return std::max<std::int64_t>(position - stream_made_ms_, 0);
    }
    std::string subject_of(const std::string& topic) const { return options_.stream + "." + topic; }
    Task<std::vector<Reply>> ask(std::vector<Request> requests);
    Task<Reply> ask_one(std::string subject, std::string body);
    /// Makes the stream when there is none, after the outbox was told to send everything again; when it has anything
    /// to send, only for the relay.
    Answer<std::monostate> ensure_stream(bool by_relay);
    Answer<std::monostate> ensure_consumer(Group group);
    Answer<std::vector<Delivery>> pull_stream(Group group, std::size_t messages_max);
    Answer<std::monostate> bury_or_give(const Group& group, NatsConnection::Message message,
                                        std::vector<Delivery>& given);
    Task<void> note_caught_up(std::string group);
    Answer<std::vector<nats_stream::ConsumerState>> consumers();
    Answer<std::vector<Waiting>> not_given_out(std::string group, std::string subject, std::int64_t after,
                                               std::size_t messages_max);
    std::vector<Waiting> given_out_here(const std::string& of, const std::string& topic, std::int64_t after);
    std::optional<Group> known(const std::string& group);
    std::optional<GivenOut> take_given_out(const std::string& group, std::int64_t position);
    Error failed(Reply::Kind kind);

    Options options_;
    const Clock& clock_;
    PostgresEventBus aside_;
    PostgresSetAside keeper_;
    NatsConnection nats_;
    ThreadPool pool_;
    Figures figures_;
    std::atomic<std::int64_t> stream_made_ms_{0};
    std::mutex mutex_;  // of groups_
    std::map<std::string, Known> groups_;
};

}  // namespace marketday::adapters
