#include "adapters/embedded/sqlite_customer_memory.hpp"

#include <algorithm>
#include <utility>

#include "adapters/embedded/sqlite_batch_rows.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

constexpr std::int64_t kLearnRows = 2000;  // of the tree with each batch: about half a millisecond

std::span<const std::uint8_t> as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

domain::RequestHash request_hash_of(std::span<const std::uint8_t> blob) {
    domain::RequestHash hash{};
    if (blob.size() == hash.size()) std::ranges::copy(blob, hash.begin());
    return hash;
}

std::span<const std::uint8_t> bytes_of(const auto& array) { return {array.data(), array.size()}; }

}  // namespace

class CustomerMemory::JournalRows final : public BatchRows {
public:
    JournalRows(const std::vector<JournalRow>& rows, const CustomerNews& news) : rows_(rows), news_(news) {}
    std::size_t size() const override { return rows_.size(); }
    void value(std::size_t row, int column, BatchValue out) const override {
        const JournalRow& journal = rows_[row];
        const auto* key = journal.key;
        const bool granted = key != nullptr && !key->order.uuid.is_nil();
        switch (column) {
            case 0: return out.set(journal.position);
            case 1: return out.set(journal.customer);
            case 2: return out.set(to_unix_ms(journal.at));
            case 3: return key != nullptr ? out.set(as_bytes(key->key_view())) : void();
            case 4: return key != nullptr ? out.set(bytes_of(key->request_hash)) : void();
            case 5: return granted ? out.set(key->order) : void();
            case 6: return key != nullptr && !granted ? out.set(news_.refusal_of(*key)) : void();
            case 7: return journal.held ? out.set(bytes_of(journal.held->key)) : void();
            case 8: return journal.held ? out.set(journal.held->units) : void();
            default: return;
        }
    }

private:
    const std::vector<JournalRow>& rows_;
    const CustomerNews& news_;
};

class CustomerMemory::CarriedRows final : public BatchRows {
public:
    explicit CarriedRows(const CustomerNews& news) : news_(news) {}
    void add(const CustomerNews::Next& next) {
        const bool granted = next.key != nullptr && !next.key->order.uuid.is_nil();
        rows_.push_back({next, next.limit != nullptr ? kLimit : kKey});
        if (granted) rows_.push_back({next, kOrder});
    }
    std::size_t size() const override { return rows_.size(); }
    void value(std::size_t row, int column, BatchValue out) const override {
        const auto& [next, kind] = rows_[row];
        if (column == 1) return out.set(static_cast<std::int64_t>(kind));
        if (kind == kLimit) return limit_value(*next.limit, column, out);
        if (kind == kOrder) return order_value(*next.key, column, out);
        key_value(*next.key, column, out);
    }

private:
    enum Kind : std::uint8_t { kLimit = 1, kKey = 2, kOrder = 3 };
    struct Row {
        CustomerNews::Next next;
        Kind kind;
    };
    static void limit_value(const CustomerNews::LimitNews& limit, int column, BatchValue out) {
        switch (column) {
            case 0: return out.set(limit.customer);
            case 2: return out.set(bytes_of(limit.key));
            case 3: return out.set(to_unix_ms(limit.at));
            case 4: return out.set(limit.units);
            default: return;
        }
    }
    static void order_value(const CustomerNews::KeyNews& key, int column, BatchValue out) {
        switch (column) {
            case 0: return out.set(key.customer);
            case 2: return out.set(key.order);
            case 3: return out.set(to_unix_ms(key.at));
            default: return;
        }
    }
    void key_value(const CustomerNews::KeyNews& key, int column, BatchValue out) const {
        const bool granted = !key.order.uuid.is_nil();
        switch (column) {
            case 0: return out.set(key.customer);
            case 2: return out.set(as_bytes(key.key_view()));
            case 3: return out.set(to_unix_ms(key.at));
            case 5: return out.set(bytes_of(key.request_hash));
            case 6: return granted ? out.set(key.order) : void();
            case 7: return granted ? void() : out.set(news_.refusal_of(key));
            default: return;
        }
    }

    const CustomerNews& news_;
    std::vector<Row> rows_;
};

std::optional<CustomerMemory::KeyRecord> CustomerMemory::find_key(SqliteConnection& connection,
                                                                  const CustomerId& customer, std::string_view key) {
    refresh(connection);
    for (const CustomerNews* generation : {&active_, &frozen_}) {
        const auto* news = generation->find(customer, key);
        if (news == nullptr) continue;
        KeyRecord record{news->request_hash, std::nullopt, std::string{generation->refusal_of(*news)}, news->at};
        if (!news->order.uuid.is_nil()) record.order = news->order;
        return record;
    }
    if (!tree_names_.may_hold(CustomerNews::hash_of(customer, key))) return std::nullopt;
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
    for (const CustomerNews* generation : {&active_, &frozen_})
        if (const auto* news = generation->find(customer, key)) return news->units;
    if (!tree_names_.may_hold(CustomerNews::hash_of(customer, key))) return 0;
    auto row = connection.query("SELECT units FROM customer_records WHERE customer_id = ?1 AND kind = 1 AND key = ?2",
                                customer, bytes_of(key));
    return row.step() ? row.integer(0) : 0;
}

void CustomerMemory::take_in(const CustomerId& customer, std::string_view key, const KeyRecord& record) {
    const std::scoped_lock lock(orders_mutex_);
    active_.put(customer, key, record.request_hash, record.order.value_or(OrderId{}), record.refusal, record.at);
}

void CustomerMemory::remember(SqliteConnection& connection, const CustomerId& customer, std::string_view key,
                              const KeyRecord& record, std::span<const Held> held) {
    refresh(connection);
    take_in(customer, key, record);
    unwritten_.push_back({++position_, customer, record.at, active_.find(customer, key), std::nullopt});
    if (held.empty()) return;
    active_.put(customer, held[0].key, held[0].units, record.at);
    unwritten_.back().held = held[0];
    remember(connection, customer, record.at, held.subspan(1));
}

void CustomerMemory::remember(SqliteConnection& connection, const CustomerId& customer, WallTime at,
                              std::span<const Held> held) {
    refresh(connection);
    for (const Held& one : held) {
        unwritten_.push_back({++position_, customer, at, nullptr, one});
        active_.put(customer, one.key, one.units, at);
    }
}

void CustomerMemory::refresh(SqliteConnection& connection) {
    if (!stale_) return;
    unwritten_.clear();
    has_frozen_ = false;
    {
        const std::scoped_lock lock(orders_mutex_);
        active_ = {};
        frozen_ = {};
    }
    position_ = trimmed_to_ = trim_to_ = 0;
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
            take_in(customer, {reinterpret_cast<const char*>(key.data()), key.size()}, record);
        }
        const auto limit_key = rows.blob(7);
        LimitKey held{};
        if (limit_key.size() != held.size()) continue;
        std::ranges::copy(limit_key, held.begin());
        active_.put(customer, held, rows.integer(8), at);
    }
    stale_ = false;
}

void CustomerMemory::write(SqliteConnection& connection, std::size_t items) {
    refresh(connection);
    connection.write_rows(
        "INSERT INTO customer_journal (position, customer_id, at_ms, key, request_hash, order_id, refusal, limit_key,"
        " units) SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM batch_rows(?1)",
        JournalRows{unwritten_, active_});
    unwritten_.clear();
    tree_names_.learn(connection, kLearnRows);
    carry_over(connection, items);
}

void CustomerMemory::carry_over(SqliteConnection& connection, std::size_t items) {
    // Faster than news comes (a verdict brings two records, a key's and a limit's): a frozen generation is gone before
    // the next one is full.
    const std::size_t turn = 3 * items + 1;
    trim(connection, 2 * turn);
    if (!has_frozen_) {
        if (active_.size() < 2 * records_max_) return;
        freeze();
    }
    CarriedRows rows(frozen_);
    bool ended = false;
    for (std::size_t i = 0; i < turn && !ended; ++i) {
        const auto next = frozen_.next();
        ended = !next;
        if (ended) break;
        rows.add(*next);
        tree_names_.add(next->key != nullptr ? CustomerNews::hash_of(next->key->customer, next->key->key_view())
                                             : CustomerNews::hash_of(next->limit->customer, next->limit->key));
    }
    connection.write_rows(
        "INSERT OR REPLACE INTO customer_records (customer_id, kind, key, at_ms, units, request_hash, order_id,"
        " refusal) SELECT c0, c1, c2, c3, c4, c5, c6, c7 FROM batch_rows(?1)",
        rows);
    if (ended) drop_frozen();
}

void CustomerMemory::freeze() {
    const std::scoped_lock lock(orders_mutex_);
    frozen_ = std::exchange(active_, {});
    frozen_position_ = position_;
    has_frozen_ = true;
}

void CustomerMemory::drop_frozen() {
    trim_to_ = frozen_position_;
    has_frozen_ = false;
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
    frozen_.append_orders(customer, orders);
    active_.append_orders(customer, orders);
    return orders;
}

}  // namespace marketday::adapters
