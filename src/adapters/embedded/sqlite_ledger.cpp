#include "adapters/embedded/sqlite_ledger.hpp"

#include <algorithm>

#include "adapters/embedded/sqlite_batch_rows.hpp"

namespace marketday::adapters {
namespace {

Hash256 hash_of(std::span<const std::uint8_t> blob) {
    Hash256 hash{};
    if (blob.size() == hash.size()) std::copy(blob.begin(), blob.end(), hash.begin());
    return hash;
}

}  // namespace

void begin_ledger_epoch(SqliteConnection& connection) {
    std::int64_t epoch = 0;
    Hash256 head{};
    std::int64_t sequence = 0;
    {
        auto last = connection.query("SELECT epoch, genesis FROM ledger_epochs ORDER BY epoch DESC LIMIT 1");
        if (last.step()) epoch = last.integer(0), head = hash_of(last.blob(1));
    }
    {
        auto last = connection.query("SELECT sequence, hash, epoch FROM ledger ORDER BY sequence DESC LIMIT 1");
        if (last.step()) {
            sequence = last.integer(0);
            // An epoch that wrote nothing is chained by its genesis, any other by its last entry.
            if (last.integer(2) == epoch) head = hash_of(last.blob(1));
        }
    }
    const Hash256 genesis = domain::epoch_genesis(epoch + 1, head);
    connection.run(
        "INSERT INTO ledger_epochs (epoch, started_ms, first_seq, genesis) VALUES (?1, unixepoch() * 1000, ?2, ?3)",
        epoch + 1, sequence + 1, std::span<const std::uint8_t>{genesis});
}

LedgerAppender::LedgerAppender(SqliteConnection& connection) : connection_(connection) {
    auto epoch = connection.query("SELECT epoch, genesis, first_seq FROM ledger_epochs ORDER BY epoch DESC LIMIT 1");
    if (!epoch.step()) throw SqliteError{SQLITE_CORRUPT, "the ledger has no epoch"};
    entry_.epoch = epoch.integer(0);
    entry_.hash = hash_of(epoch.blob(1));
    entry_.sequence = epoch.integer(2) - 1;
    auto last = connection.query("SELECT sequence, hash FROM ledger ORDER BY sequence DESC LIMIT 1");
    if (last.step() && last.integer(0) > entry_.sequence) {
        entry_.sequence = last.integer(0);
        entry_.hash = hash_of(last.blob(1));
    }
}

class LedgerAppender::LedgerRows final : public BatchRows {
public:
    LedgerRows(const std::vector<Row>& rows, std::int64_t epoch) : rows_(rows), epoch_(epoch) {}
    std::size_t size() const override { return rows_.size(); }
    void value(std::size_t row, int column, BatchValue out) const override {
        const Row& entry = rows_[row];
        switch (column) {
            case 0: return out.set(entry.sequence);
            case 1: return out.set(epoch_);
            case 2: return out.set(to_unix_ms(entry.at));
            case 3: return out.set(static_cast<std::int64_t>(entry.movement));
            case 4: return out.set(entry.sku_no);
            case 5: return out.set(entry.units);
            case 6: return entry.order.uuid.is_nil() ? void() : out.set(entry.order);
            case 7: return out.set(std::span<const std::uint8_t>{entry.hash});
            case 8: return entry.reason.empty() ? void() : out.set(entry.reason);
            default: return;
        }
    }

private:
    const std::vector<Row>& rows_;
    std::int64_t epoch_;
};

class LedgerAppender::OfOrdersRows final : public BatchRows {
public:
    explicit OfOrdersRows(const std::vector<Row>& rows) : rows_(rows) {}
    std::size_t size() const override { return rows_.size(); }
    void value(std::size_t row, int column, BatchValue out) const override {
        if (column == 0) out.set(rows_[row].order);
        if (column == 1) out.set(rows_[row].sequence);
    }

private:
    const std::vector<Row>& rows_;
};

domain::Receipt LedgerAppender::append(const Change& change) {
    const Hash256 previous = entry_.hash;
    ++entry_.sequence;
    entry_.at = change.at;
    entry_.movement = change.movement;
    entry_.sku.assign(change.sku);
    entry_.units = change.units;
    entry_.order = change.order;
    entry_.hash = domain::chain(previous, entry_);
    rows_.push_back({entry_.sequence, change.at, change.movement, change.sku_no, change.units, change.order,
                     entry_.hash, change.reason});
    if (!change.order.uuid.is_nil() && change.find_by_order) of_orders_.push_back(rows_.back());
    return {entry_.sequence, entry_.hash};
}

void LedgerAppender::write() {
    connection_.write_rows(
        "INSERT INTO ledger (sequence, epoch, at_ms, movement, sku_no, units, order_id, hash, reason)"
        " SELECT c0, c1, c2, c3, c4, c5, c6, c7, c8 FROM batch_rows(?1)",
        LedgerRows{rows_, entry_.epoch});
    connection_.write_rows("INSERT INTO ledger_of_orders (order_id, sequence) SELECT c0, c1 FROM batch_rows(?1)",
                           OfOrdersRows{of_orders_});
    rows_.clear();
    of_orders_.clear();
}

}  // namespace marketday::adapters
