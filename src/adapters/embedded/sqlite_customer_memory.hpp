#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/embedded/sqlite_customer_news.hpp"
#include "adapters/embedded/sqlite_tree_names.hpp"
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
    explicit CustomerMemory(std::size_t records_max = 100'000) : records_max_(records_max) {}

    struct KeyRecord {
        domain::RequestHash request_hash{};
        std::optional<OrderId> order;  // granted
        std::string refusal;           // refused: JSON
        WallTime at{};
    };
    using LimitKey = CustomerNews::LimitKey;
    struct Held {
        LimitKey key{};
        std::int64_t units = 0;  // after the change
    };

    std::optional<KeyRecord> find_key(SqliteConnection& connection, const CustomerId& customer, std::string_view key);
    std::int64_t units_held(SqliteConnection& connection, const CustomerId& customer, const LimitKey& key);

    /// A verdict under its key, and what the customer holds after it. Durable with the batch's `write`.
    void remember(SqliteConnection& connection, const CustomerId& customer, std::string_view key,
                  const KeyRecord& record, std::span<const Held> held);
    /// What the customer holds after a step of an order.
    void remember(SqliteConnection& connection, const CustomerId& customer, WallTime at, std::span<const Held> held);

    /// Writes the batch's news, and carries some older records over. Call once at the end of each batch; `items`: how
    /// many verdicts or steps it held.
    void write(SqliteConnection& connection, std::size_t items);
    /// After a rollback: the journal is read again before the next use.
    void forget() { stale_ = true; }

    /// The customer's orders that may not be in the tree yet; a reader tells by its own snapshot which of them exist.
    /// From any thread.
    std::vector<OrderId> recent_orders(const CustomerId& customer) const;

private:
    /// A row of `customer_journal` that the batch has not written yet.
    struct JournalRow {
        std::int64_t position = 0;
        CustomerId customer;
        WallTime at{};
        const CustomerNews::KeyNews* key = nullptr;
        std::optional<Held> held;
    };
    class JournalRows;
    class CarriedRows;

    void refresh(SqliteConnection& connection);
    void take_in(const CustomerId& customer, std::string_view key, const KeyRecord& record);
    void carry_over(SqliteConnection& connection, std::size_t items);
    void freeze();
    void drop_frozen();
    void trim(SqliteConnection& connection, std::size_t rows);

    std::size_t records_max_;
    bool stale_ = true;
    std::int64_t position_ = 0;    // of the journal's last row
    std::int64_t trimmed_to_ = 0;  // rows up to here are gone
    std::int64_t trim_to_ = 0;     // rows up to here are in the tree
    std::vector<JournalRow> unwritten_;
    CustomerNews active_;
    CustomerNews frozen_;  // being carried over
    bool has_frozen_ = false;
    std::int64_t frozen_position_ = 0;  // of the journal's last row in `frozen_`
    TreeNames tree_names_;
    mutable std::mutex orders_mutex_;  // of both generations, against `recent_orders`
};

}  // namespace marketday::adapters
