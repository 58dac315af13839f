#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "ports/event_bus.hpp"

namespace marketday::adapters {

/// JetStream's requests and answers as JSON (https://docs.nats.io/reference/reference-protocols/nats_api_reference).
/// libnats 3.4 knows no consumer of several subjects.
namespace nats_stream {

enum class Refusal : std::uint8_t { none, no_stream, no_consumer, no_message, already, other };

struct ConsumerState {
    std::string name;
    std::int64_t delivered = 0;  // the last sequence that was given out
    std::int64_t floor = 0;      // everything up to it is acknowledged
    std::int64_t unacknowledged = 0;
    std::int64_t pending = 0;  // not given out
    std::vector<std::string> subjects;
    bool from_beginning = true;
};
struct StreamState {
    WallTime made_at{};
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::int64_t messages = 0;
};
struct Stored {
    std::int64_t sequence = 0;
    std::string subject;
    std::string id;
    std::string body;
    WallTime at{};
};
struct Published {
    std::int64_t sequence = 0;
    bool duplicate = false;
};

/// Why the answer is a refusal; `none` when it is not.
Refusal refusal_of(std::string_view answer);

std::string create_stream(const std::string& stream, std::int64_t replicas);
std::string create_consumer(const std::string& stream, const ports::EventBus::Group& group, bool from_beginning);
std::string next_messages(std::size_t messages_max);
std::string list_from(std::int64_t offset);
std::string message_at(std::int64_t sequence);
/// The first message of a subject at or above `sequence`.
std::string message_after(std::int64_t sequence, const std::string& subject);
std::string purge_below(std::int64_t sequence);
std::string not_yet();

// Of answers that are no refusal; nothing when they are not what was asked for.
std::optional<Published> published(std::string_view answer);
std::optional<StreamState> stream_state(std::string_view answer);
std::optional<ConsumerState> consumer_state(std::string_view answer);
struct ConsumerPage {
    std::vector<ConsumerState> consumers;
    std::int64_t total = 0;
};
std::optional<ConsumerPage> consumers(std::string_view answer);
std::optional<Stored> stored_message(std::string_view answer);
std::optional<std::int64_t> purged(std::string_view answer);

/// What the subject says that acknowledges a delivery: $JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE.… , with the domain
/// and account of the server in front of the stream in newer forms (ADR-15 of NATS).
struct Delivered {
    std::int64_t sequence = 0;
    std::int64_t deliveries = 0;
};
std::optional<Delivered> delivered(std::string_view acknowledge_to);

}  // namespace nats_stream
}  // namespace marketday::adapters
