#pragma once

#include <string>
#include <string_view>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/time.hpp"

namespace marketday::adapters {

/// Gathers the events of one batch and writes them as one outbox message. An event's id is "<batch>-<n>": made once,
/// stored, and so the same at every retry.
class OutboxMessageWriter {
public:
    /// `batch`: a fresh UUIDv7.
    OutboxMessageWriter(std::string_view topic, const Uuid& batch) : topic_(topic), batch_(batch.to_string()) {}

    /// `fields_json`: the event's members without braces, e.g. `"order":"…"`.
    void add(std::string_view type, WallTime at, std::string_view fields_json);
    /// Inserts the message; nothing when no event was added.
    void write(SqliteConnection& connection, WallTime at);

private:
    std::string topic_;
    std::string batch_;
    std::string events_;
    int count_ = 0;
};

}  // namespace marketday::adapters
