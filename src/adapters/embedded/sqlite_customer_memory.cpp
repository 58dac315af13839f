#include "adapters/embedded/sqlite_customer_memory.hpp"

#include <algorithm>

namespace marketday::adapters {
namespace {

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// A look-up's key without allocating: customer and key side by side.
class NameView {
public:
    NameView(const CustomerId& customer, std::string_view key) {
        size_ = 16 + std::min(key.size(), sizeof bytes_ - 16);
        std::memcpy(bytes_, customer.uuid.bytes.data(), 16);
        std::memcpy(bytes_ + 16, key.data(), size_ - 16);
    }
    std::string_view view() const { return {bytes_, size_}; }

private:
    char bytes_[16 + 64];  // idempotency keys have at most 64 bytes
    std::size_t size_;
};

std::string_view text_of(const CustomerMemory::LimitKey& key) {
    return {reinterpret_cast<const char*>(key.data()), key.size()};
}

template <class Map>
auto sorted_entries(const Map& map) {
    std::vector<const typename Map::value_type*> entries;
    entries.reserve(map.size());
    for (const auto& entry : map) entries.push_back(&entry);
    std::ranges::sort(entries, {}, [](const auto* entry) -> const std::string& { return entry->first; });
    return entries;
}

domain::RequestHash request_hash_of(std::span<const std::uint8_t> blob) {
    domain::RequestHash hash{};
    if (blob.size() == hash.size()) std::ranges::copy(blob, hash.begin());
    return hash;
}

}  // namespace

std::optional<CustomerMemory::KeyRecord> CustomerMemory::find_key(SqliteConnection& connection,
                                                                  const CustomerId& customer, std::string_view key) {
    refresh(connection);
    const NameView name(customer, key);
    for (const Generation* generation : {&active_, &frozen_})
        if (const auto found = generation->keys.find(name.view()); found != generation->keys.end())
            return found->second;
    auto row = connection.query(
        "SELECT request_hash, order_id, refusal, at_ms FROM customer_records"
        " WHERE customer_id = ?1 AND kind = 2 AND key = ?2",
        customer, as_bytes(key));
    if (!row.step()) return std::nullopt;
    KeyRecord record;
    record.request_hash = request_hash_of(row.blob(0));
    if (!row.is_null(1))
        record.order = OrderId{row.uuid(1)};
    else
        record.refusal = row.text(2);
    record.at = from_unix_ms(row.integer(3));
    return record;
}

std::int64_t CustomerMemory::units_held(SqliteConnection& connection, const CustomerId& customer, const LimitKey& key) {
    refresh(connection);
    const NameView name(customer, text_of(key));
    for (const Generation* generation : {&active_, &frozen_})
        if (const auto found = generation->limits.find(name.view()); found != generation->limits.end())
            return found->second.units;
    auto row = connection.query("SELECT units FROM customer_records WHERE customer_id = ?1 AND kind = 1 AND key = ?2",
                                customer, std::span<const std::uint8_t>{key});
    return row.step() ? row.integer(0) : 0;
}

void CustomerMemory::take_in(const CustomerId& customer, std::string_view key, KeyRecord record) {
    if (record.order) {
        const std::scoped_lock lock(orders_mutex_);
        active_.orders[customer].push_back(*record.order);
    }
    active_.keys.insert_or_assign(Name{NameView(customer, key).view()}, std::move(record));
}

void CustomerMemory::take_in(const CustomerId& customer, const Held& held, WallTime at) {
    active_.limits.insert_or_assign(Name{NameView(customer, text_of(held.key)).view()}, Units{held.units, at});
}

void CustomerMemory::remember(SqliteConnection& connection, const CustomerId& customer, std::string_view key,
                              KeyRecord record, std::span<const Held> held) {
    refresh(connection);
    const auto limit_key = held.empty() ? std::nullopt : std::optional{std::span<const std::uint8_t>{held[0].key}};
    const auto units = held.empty() ? std::nullopt : std::optional{held[0].units};
    connection.run(
        "INSERT INTO customer_journal (position, customer_id, at_ms, key, request_hash, order_id, refusal, limit_key,"
        " units) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        ++position_, customer, to_unix_ms(record.at), as_bytes(key), std::span<const std::uint8_t>{record.request_hash},
        record.order, record.order ? std::nullopt : std::optional<std::string_view>{record.refusal}, limit_key, units);
    const WallTime at = record.at;
    take_in(customer, key, std::move(record));
    if (held.empty()) return;
    take_in(customer, held[0], at);
    remember(connection, customer, at, held.subspan(1));
}

void CustomerMemory::remember(SqliteConnection& connection, const CustomerId& customer, WallTime at,
                              std::span<const Held> held) {
    refresh(connection);
    for (const Held& one : held) {
        connection.run(
            "INSERT INTO customer_journal (position, customer_id, at_ms, limit_key, units) VALUES (?1, ?2, ?3, ?4, ?5)",
            ++position_, customer, to_unix_ms(at), std::span<const std::uint8_t>{one.key}, one.units);
        take_in(customer, one, at);
    }
}

void CustomerMemory::refresh(SqliteConnection& connection) {
    if (!stale_) return;
    has_frozen_ = false;
    frozen_keys_.clear();
    frozen_limits_.clear();
    {
        const std::scoped_lock lock(orders_mutex_);
        active_ = {};
        frozen_ = {};
    }
    position_ = 0;
    auto rows = connection.query(
        "SELECT position, customer_id, at_ms, key, request_hash, order_id, refusal, limit_key, units"
        " FROM customer_journal ORDER BY position");
    bool first = true;
    while (rows.step()) {
        position_ = rows.integer(0);
        if (std::exchange(first, false)) trimmed_to_ = trim_to_ = position_ - 1;
        const CustomerId customer{rows.uuid(1)};
        const WallTime at = from_unix_ms(rows.integer(2));
        if (!rows.is_null(3)) {
            KeyRecord record{request_hash_of(rows.blob(4)), std::nullopt, rows.text(6), at};
            if (!rows.is_null(5)) record.order = OrderId{rows.uuid(5)};
            const auto key = rows.blob(3);
            take_in(customer, {reinterpret_cast<const char*>(key.data()), key.size()}, std::move(record));
        }
        const auto limit_key = rows.blob(7);
        Held held{{}, rows.integer(8)};
        if (limit_key.size() != held.key.size()) continue;
        std::ranges::copy(limit_key, held.key.begin());
        take_in(customer, held, at);
    }
    stale_ = false;
}

void CustomerMemory::freeze() {
    {
        const std::scoped_lock lock(orders_mutex_);
        frozen_ = std::move(active_);
        active_ = {};
    }
    frozen_.last_position = position_;
    frozen_keys_ = sorted_entries(frozen_.keys);
    frozen_limits_ = sorted_entries(frozen_.limits);
    next_key_ = next_limit_ = 0;
    has_frozen_ = true;
}

void CustomerMemory::carry_key(SqliteConnection& connection, const Name& name, const KeyRecord& record) {
    const auto customer = as_bytes(name).first(16);
    const auto key = as_bytes(name).subspan(16);
    const std::span<const std::uint8_t> request_hash{record.request_hash};
    if (record.order)
        connection.run(
            "INSERT OR REPLACE INTO customer_records (customer_id, kind, key, at_ms, request_hash, order_id)"
            " VALUES (?1, 2, ?2, ?3, ?4, ?5), (?1, 3, ?5, ?3, NULL, NULL)",
            customer, key, to_unix_ms(record.at), request_hash, *record.order);
    else
        connection.run(
            "INSERT OR REPLACE INTO customer_records (customer_id, kind, key, at_ms, request_hash, refusal)"
            " VALUES (?1, 2, ?2, ?3, ?4, ?5)",
            customer, key, to_unix_ms(record.at), request_hash, record.refusal);
}

void CustomerMemory::carry_limit(SqliteConnection& connection, const Name& name, const Units& units) {
    connection.run(
        "INSERT OR REPLACE INTO customer_records (customer_id, kind, key, at_ms, units) VALUES (?1, 1, ?2, ?3, ?4)",
        as_bytes(name).first(16), as_bytes(name).subspan(16), to_unix_ms(units.at), units.units);
}

void CustomerMemory::carry_over(SqliteConnection& connection, std::size_t news) {
    refresh(connection);
    // Twice as fast as news comes: a frozen generation is gone before the next one is full.
    const std::size_t turn = 2 * news + 1;
    trim(connection, 2 * turn);
    if (!has_frozen_) {
        if (active_.keys.size() + active_.limits.size() < 2 * records_max_) return;
        freeze();
    }
    for (std::size_t i = 0; i < turn && next_key_ < frozen_keys_.size(); ++i, ++next_key_) {
        // Keys and limits go side by side, so that a customer's page is in hand for both.
        const auto& [name, record] = *frozen_keys_[next_key_];
        for (; next_limit_ < frozen_limits_.size() && frozen_limits_[next_limit_]->first <= name; ++next_limit_)
            carry_limit(connection, frozen_limits_[next_limit_]->first, frozen_limits_[next_limit_]->second);
        carry_key(connection, name, record);
    }
    if (next_key_ < frozen_keys_.size()) return;
    for (std::size_t i = 0; i < turn && next_limit_ < frozen_limits_.size(); ++i, ++next_limit_)
        carry_limit(connection, frozen_limits_[next_limit_]->first, frozen_limits_[next_limit_]->second);
    if (next_limit_ < frozen_limits_.size()) return;
    trim_to_ = frozen_.last_position;
    has_frozen_ = false;
    frozen_keys_.clear();
    frozen_limits_.clear();
    const std::scoped_lock lock(orders_mutex_);
    frozen_ = {};
}

void CustomerMemory::trim(SqliteConnection& connection, std::size_t rows) {
    if (trimmed_to_ >= trim_to_) return;
    trimmed_to_ = std::min(trim_to_, trimmed_to_ + static_cast<std::int64_t>(rows));
    connection.run("DELETE FROM customer_journal WHERE position <= ?1", trimmed_to_);
}

std::vector<OrderId> CustomerMemory::recent_orders(const CustomerId& customer) const {
    const std::scoped_lock lock(orders_mutex_);
    std::vector<OrderId> orders;
    for (const Generation* generation : {&frozen_, &active_}) {
        const auto found = generation->orders.find(customer);
        if (found != generation->orders.end()) orders.insert(orders.end(), found->second.begin(), found->second.end());
    }
    return orders;
}

}  // namespace marketday::adapters
