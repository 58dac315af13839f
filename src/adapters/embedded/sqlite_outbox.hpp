#pragma once

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/stored/event_message.hpp"

namespace marketday::adapters {

/// Gathers the events of one batch and writes them as one outbox message.
class OutboxMessageWriter : public EventMessage {
public:
    using EventMessage::EventMessage;
    /// Inserts the message; nothing when no event was added.
    void write(SqliteConnection& connection, WallTime at);
};

}  // namespace marketday::adapters
