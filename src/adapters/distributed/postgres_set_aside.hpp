#pragma once

#include <optional>

#include "adapters/distributed/postgres_database.hpp"
#include "ports/event_bus.hpp"

namespace marketday::adapters {

/// What a bus that carries its messages elsewhere (NATS) keeps in PostgreSQL: the messages that a consumer could not
/// deal with, so that they wait, come again, die and are revived as PostgresEventBus does it, and how far each group
/// has come. Tables: bus_groups, bus_messages, bus_deliveries, bus_dead_letters.
class PostgresSetAside {
public:
    using Bus = ports::EventBus;

    PostgresSetAside(PostgresDatabase& database, const Clock& clock) : database_(database), clock_(clock) {}

    /// Makes a group that finds nothing new in bus_messages. What it had not been given of them yet is given out first.
    Bus::Answer<std::monostate> ensure_group(Bus::Group group);
    /// A delivery without success: its message comes again after its pause, in its place, or is a dead letter when that
    /// was the last.
    Bus::Answer<std::monostate> set_aside(std::string group, Bus::Delivery delivery, std::string reason);
    /// Gives messages that the carrier cannot take to every group that wants them.
    Bus::Answer<std::monostate> give_to_groups(std::vector<Bus::Message> messages);
    /// Whether the lease is still held.
    Bus::Answer<bool> holds(ports::Fence fence);
    /// Makes everything that the outbox still keeps be sent once more: the carrier has lost what it had. Whether it
    /// keeps anything.
    Bus::Answer<bool> send_all_again();

    /// The outbox's last position, when everything up to it was sent and the group is not known to have dealt with it.
    Bus::Answer<std::optional<std::int64_t>> to_catch_up(std::string group);
    Bus::Answer<std::monostate> caught_up(std::string group, std::int64_t outbox_position);

private:
    PostgresDatabase& database_;
    const Clock& clock_;
};

}  // namespace marketday::adapters
