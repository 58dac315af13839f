#include "adapters/embedded/sqlite_ledger.hpp"

#include <algorithm>

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

domain::Receipt LedgerAppender::append(const Change& change) {
    const Hash256 previous = entry_.hash;
    ++entry_.sequence;
    entry_.at = change.at;
    entry_.movement = change.movement;
    entry_.sku.assign(change.sku);
    entry_.units = change.units;
    entry_.order = change.order;
    entry_.hash = domain::chain(previous, entry_);
    const bool has_order = !change.order.uuid.is_nil();
    connection_.run(
        "INSERT INTO ledger (sequence, epoch, at_ms, movement, sku_no, units, order_id, hash, reason)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        entry_.sequence, entry_.epoch, to_unix_ms(change.at), static_cast<std::int64_t>(change.movement), change.sku_no,
        change.units, has_order ? std::optional{change.order} : std::nullopt,
        std::span<const std::uint8_t>{entry_.hash},
        change.reason.empty() ? std::nullopt : std::optional{change.reason});
    if (has_order && change.find_by_order)
        connection_.run("INSERT INTO ledger_of_orders (order_id, sequence) VALUES (?1, ?2)", change.order,
                        entry_.sequence);
    return {entry_.sequence, entry_.hash};
}

}  // namespace marketday::adapters
