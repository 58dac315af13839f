#include "adapters/embedded/sqlite_outbox.hpp"

namespace marketday::adapters {

void OutboxMessageWriter::write(SqliteConnection& connection, WallTime at) {
    const std::string events = text();
    if (events.empty()) return;
    connection.run("INSERT INTO outbox (at_ms, topic, events) VALUES (?1, ?2, ?3)", to_unix_ms(at), topic(), events);
}

}  // namespace marketday::adapters
