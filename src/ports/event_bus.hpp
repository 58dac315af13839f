#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "ports/leases.hpp"

namespace marketday::ports {

/// Carries messages to groups of consumers, at least once. Contract: tests/contract/event_bus_contract.hpp.
/// * a message is given to one consumer of each group that wants its topic, and again after `ack_within` unless it was
///   acknowledged; a group's members share the work;
/// * a failed delivery comes back after a pause that doubles; after `deliveries_max` it becomes a dead letter;
/// * messages come roughly in order of publication; redelivered ones come late.
class EventBus {
public:
    enum class Error {
        unavailable,      // Nothing happened.
        outcome_unknown,  // May have happened; every call may be repeated.
        fenced,           // Another holds the job's lease now.
        no_such_group,
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    struct Message {
        std::string id;  // 1..64 bytes; one already published is not published again
        std::string topic;
        std::string body;
    };
    struct Delivery {
        std::int64_t position = 0;  // within the bus
        Message message;
        std::int64_t deliveries = 1;  // this one counted
    };
    struct Group {
        std::string name;                 // 1..64 bytes
        std::vector<std::string> topics;  // 1..16
        milliseconds ack_within{30'000};
        std::int64_t deliveries_max = 8;
        milliseconds pause_first{500};  // before the second delivery; doubles each time
        milliseconds pause_max{60'000};
        bool from_beginning = true;  // of what is kept; else only what comes after the group was made
    };
    struct DeadLetter {
        std::int64_t position = 0;
        std::string group;
        Message message;
        std::int64_t deliveries = 0;
        std::string reason;  // of the last failure, 0..200 bytes
        WallTime died_at{};
    };

    virtual ~EventBus() = default;

    /// 1..1000 messages, durable when it answers. `fence` is the relay's lease.
    virtual Answer<std::monostate> publish(std::vector<Message> messages, Fence fence) = 0;
    /// Makes a group, or changes what it wants; its place stays.
    virtual Answer<std::monostate> ensure_group(Group group) = 0;
    /// The next deliveries of a group, 0..`messages_max`. Does not wait.
    virtual Answer<std::vector<Delivery>> pull(std::string group, std::size_t messages_max) = 0;
    virtual Answer<std::monostate> acknowledge(std::string group, std::vector<std::int64_t> positions) = 0;
    /// The consumer could not: deliver again later, or let it die.
    virtual Answer<std::monostate> reject(std::string group, std::int64_t position, std::string reason) = 0;

    /// Newest first, below `before_position` when that is not 0; of all groups when `group` is empty.
    virtual Answer<std::vector<DeadLetter>> dead_letters(std::string group, std::int64_t before_position,
                                                         std::size_t letters_max) = 0;
    /// Gives a dead letter to its group again, as if new. False when there is none.
    virtual Answer<bool> revive(std::string group, std::int64_t position) = 0;

    /// A message that a group is not done with.
    struct Waiting {
        std::int64_t position = 0;
        std::string group;
        Message message;
        std::int64_t deliveries = 0;     // 0: not given out yet
        std::string reason;              // of the last failure; may be empty
        std::optional<WallTime> due_at;  // when it is given out again; none: as soon as it is asked for
    };
    /// Oldest first, above `after_position`; of all groups when `group` is empty; of all topics when `topic` is.
    virtual Answer<std::vector<Waiting>> waiting(std::string group, std::string topic, std::int64_t after_position,
                                                 std::size_t messages_max) = 0;
    /// Lets a message that was given out, and waits for its acknowledgement or its next try, be given out at once.
    /// False when there is none.
    virtual Answer<bool> hurry(std::string group, std::int64_t position) = 0;

    struct Backlog {
        std::string group;
        std::int64_t waiting = 0;  // published and not acknowledged
        std::int64_t dead = 0;
    };
    virtual Answer<std::vector<Backlog>> backlogs() = 0;
    /// Forgets at most `messages_max` messages published before `before` that every group is done with. How many.
    virtual Answer<std::size_t> purge(WallTime before, std::size_t messages_max, Fence fence) = 0;
};

/// Remembers which events a consumer has dealt with, so that each has its effect once although it may come twice.
class EventMemory {
public:
    enum class Error { unavailable, outcome_unknown };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    virtual ~EventMemory() = default;
    /// For each event id (0..1000, each 1..64 bytes) whether `consumer` has dealt with it.
    virtual Answer<std::vector<bool>> seen(std::string consumer, std::vector<std::string> events) = 0;
    virtual Answer<std::monostate> remember(std::string consumer, std::vector<std::string> events, WallTime at) = 0;
    virtual Answer<std::size_t> forget(WallTime before, std::size_t events_max, Fence fence) = 0;
};

}  // namespace marketday::ports
