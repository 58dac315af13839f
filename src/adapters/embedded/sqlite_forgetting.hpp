#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/time.hpp"

namespace marketday::adapters {

/// Idempotency keys found in one slice of the customers' records, and where the next slice begins.
struct OldKeys {
    struct Key {
        Uuid customer;
        std::string key;
    };
    std::vector<Key> keys;
    std::optional<std::string> next;
};

/// Looks at `records_max` records after `place` in the order of their keys; on a reader, as it may read from the disk.
OldKeys read_old_keys(SqliteConnection& connection, WallTime before, const std::optional<std::string>& place,
                      std::int64_t records_max);
/// Within the caller's write. How many were still there and old.
std::size_t delete_keys(SqliteConnection& connection, const std::vector<OldKeys::Key>& keys, WallTime before);

/// Within the caller's write: sent messages among the oldest `messages_max`.
std::size_t delete_sent_messages(SqliteConnection& connection, WallTime before, std::int64_t messages_max);

}  // namespace marketday::adapters
