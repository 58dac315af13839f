#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "domain/order.hpp"

namespace marketday::adapters {

/// What the order path must know of customers (idempotency keys with their verdicts, units held in sales), without a
/// random page of the disk for every order: news is appended to `customer_journal`, in the order it comes, and kept in
/// memory; once enough of it has gathered, it is carried over to the tree `customer_records` in the tree's own order, a
/// little with each batch, so that one page takes in many records. A restart reads the journal again. This is a
/// log-structured merge tree (O'Neil et al., 1996) of two levels; see ADR 3.
///
/// Used by the writer's thread within its transactions; only `recent_orders` may be called from others.
class CustomerMemory {
public:
    /// `records_max`: how many keys gather before they are carried over; memory stays below twice as many.
    explicit CustomerMemory(std::size_t records_max = 50'000) : records_max_(records_max) {}

    struct KeyRecord {
        domain::RequestHash request_hash{};
        std::optional<OrderId> order;  // granted
        std::string refusal;           // refused: JSON
        WallTime at{};
    };
    using LimitKey = std::array<std::uint8_t, 16>;  // sale and SKU numbers
    struct Held {
        LimitKey key{};
        std::int64_t units = 0;  // after the change
    };

    std::optional<KeyRecord> find_key(SqliteConnection& connection, const CustomerId& customer, std::string_view key);
    std::int64_t units_held(SqliteConnection& connection, const CustomerId& customer, const LimitKey& key);

    /// A verdict under its key, and what the customer holds after it.
    void remember(SqliteConnection& connection, const CustomerId& customer, std::string_view key, KeyRecord record,
                  std::span<const Held> held);
    /// What the customer holds after a step of an order.
    void remember(SqliteConnection& connection, const CustomerId& customer, WallTime at, std::span<const Held> held);

    /// Carries some records over. Call with each batch; `news`: about how many records the batch brought.
    void carry_over(SqliteConnection& connection, std::size_t news);
    /// After a rollback: the journal is read again before the next use.
    void forget() { stale_ = true; }

    /// The customer's orders that may not be in the tree yet; a reader tells by its own snapshot which of them exist.
    /// From any thread.
    std::vector<OrderId> recent_orders(const CustomerId& customer) const;

private:
    struct BytesHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    /// 16 bytes of the customer, then the key's own.
    using Name = std::string;
    struct Units {
        std::int64_t units = 0;
        WallTime at{};
    };
    struct Generation {
        std::unordered_map<Name, KeyRecord, BytesHash, std::equal_to<>> keys;
        std::unordered_map<Name, Units, BytesHash, std::equal_to<>> limits;
        std::unordered_map<CustomerId, std::vector<OrderId>> orders;
        std::int64_t last_position = 0;
    };

    void refresh(SqliteConnection& connection);
    void take_in(const CustomerId& customer, std::string_view key, KeyRecord record);
    void take_in(const CustomerId& customer, const Held& held, WallTime at);
    void freeze();
    void carry_key(SqliteConnection& connection, const Name& name, const KeyRecord& record);
    void carry_limit(SqliteConnection& connection, const Name& name, const Units& units);
    void trim(SqliteConnection& connection, std::size_t rows);

    std::size_t records_max_;
    bool stale_ = true;
    std::int64_t position_ = 0;    // of the journal's last row
    std::int64_t trimmed_to_ = 0;  // rows up to here are gone
    std::int64_t trim_to_ = 0;     // rows up to here are in the tree
    Generation active_;
    Generation frozen_;
    bool has_frozen_ = false;
    std::vector<const std::pair<const Name, KeyRecord>*> frozen_keys_;  // in the tree's order, from next_key_ on
    std::vector<const std::pair<const Name, Units>*> frozen_limits_;
    std::size_t next_key_ = 0;
    std::size_t next_limit_ = 0;
    mutable std::mutex orders_mutex_;  // of both generations' `orders`
};

}  // namespace marketday::adapters
