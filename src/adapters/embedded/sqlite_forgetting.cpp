#include "adapters/embedded/sqlite_forgetting.hpp"

#include <algorithm>

namespace marketday::adapters {
namespace {

constexpr std::int64_t kKindOfKeys = 2;

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

}  // namespace

// A place is a record's key: 16 bytes of the customer, one of the kind, the rest.
OldKeys read_old_keys(SqliteConnection& connection, WallTime before, const std::optional<std::string>& place,
                      std::int64_t records_max) {
    std::string_view customer;  // an empty one stands before all
    std::int64_t kind = 0;
    std::string_view key;
    if (place && place->size() > 16) {
        customer = std::string_view{*place}.substr(0, 16);
        kind = static_cast<std::uint8_t>((*place)[16]);
        key = std::string_view{*place}.substr(17);
    }
    auto rows = connection.query(
        "SELECT customer_id, kind, key, at_ms FROM customer_records WHERE (customer_id, kind, key) > (?1, ?2, ?3)"
        " ORDER BY customer_id, kind, key LIMIT ?4",
        as_bytes(customer), kind, as_bytes(key), records_max);
    OldKeys old;
    std::int64_t seen = 0;
    std::string last;
    while (rows.step()) {
        const auto of = rows.blob(0);
        const auto bytes = rows.blob(2);
        if (++seen == records_max) {
            last.assign(of.begin(), of.end());
            last += static_cast<char>(rows.integer(1));
            last.append(bytes.begin(), bytes.end());
        }
        if (rows.integer(1) == kKindOfKeys && rows.integer(3) < to_unix_ms(before))
            old.keys.push_back({rows.uuid(0), std::string(bytes.begin(), bytes.end())});
    }
    if (!last.empty()) old.next = std::move(last);
    return old;
}

std::size_t delete_keys(SqliteConnection& connection, const std::vector<OldKeys::Key>& keys, WallTime before) {
    std::size_t deleted = 0;
    for (const auto& old : keys) {
        // Meanwhile it may have been forgotten, and used again for something new.
        connection.run("DELETE FROM customer_records WHERE customer_id = ?1 AND kind = 2 AND key = ?2 AND at_ms < ?3",
                       old.customer, as_bytes(old.key), to_unix_ms(before));
        deleted += static_cast<std::size_t>(connection.changes());
    }
    return deleted;
}

std::size_t delete_sent_messages(SqliteConnection& connection, WallTime before, std::int64_t messages_max) {
    // Messages come in the order of time, so the rest is younger than these.
    connection.run(
        "DELETE FROM outbox WHERE position IN (SELECT position FROM"
        " (SELECT position, at_ms, sent FROM outbox ORDER BY position LIMIT ?2) m WHERE sent = 1 AND at_ms < ?1)",
        to_unix_ms(before), messages_max);
    return static_cast<std::size_t>(connection.changes());
}

}  // namespace marketday::adapters
