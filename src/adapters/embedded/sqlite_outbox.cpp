#include "adapters/embedded/sqlite_outbox.hpp"

#include <fmt/format.h>

namespace marketday::adapters {

void OutboxMessageWriter::add(std::string_view type, WallTime at, std::string_view fields_json) {
    fmt::format_to(std::back_inserter(events_), R"({}{{"id":"{}-{}","type":"{}","at_ms":{},{}}})",
                   events_.empty() ? '[' : ',', batch_, count_++, type, to_unix_ms(at), fields_json);
}

void OutboxMessageWriter::write(SqliteConnection& connection, WallTime at) {
    if (events_.empty()) return;
    events_ += ']';
    connection.run("INSERT INTO outbox (at_ms, topic, events) VALUES (?1, ?2, ?3)", to_unix_ms(at), topic_, events_);
}

}  // namespace marketday::adapters
