#include "adapters/embedded/sqlite_order_trail.hpp"

#include <algorithm>

namespace marketday::adapters {
namespace {

using Entry = ports::OrderTrail::Entry;

Entry read_entry(const SqliteQuery& row) {
    Entry entry{.receipt = {.sequence = row.integer(0), .hash = {}},
                .at = from_unix_ms(row.integer(1)),
                .movement = static_cast<domain::Movement>(row.integer(2)),
                .sku = row.text(3),
                .units = row.integer(4)};
    std::ranges::copy(row.blob(5), entry.receipt.hash.begin());
    return entry;
}

/// The first reservation's entries follow one another from the receipt on, one a line; later ones are listed by order.
std::vector<Entry> read_trail(SqliteConnection& c, const OrderId& order) {
    std::vector<Entry> entries;
    auto first = c.query(
        "SELECT l.sequence, l.at_ms, l.movement, f.sku, l.units, l.hash FROM orders o"
        " JOIN ledger l ON l.sequence >= o.receipt_seq"
        " AND l.sequence < o.receipt_seq + (SELECT count(*) FROM order_lines n WHERE n.order_id = o.order_id)"
        " JOIN offers f ON f.sku_no = l.sku_no"
        " WHERE o.order_id = ?1 AND l.order_id = ?1 ORDER BY l.sequence",
        order);
    while (first.step()) entries.push_back(read_entry(first));
    auto later = c.query(
        "SELECT l.sequence, l.at_ms, l.movement, f.sku, l.units, l.hash FROM ledger_of_orders x"
        " JOIN ledger l ON l.sequence = x.sequence JOIN offers f ON f.sku_no = l.sku_no"
        " WHERE x.order_id = ?1 ORDER BY x.sequence",
        order);
    while (later.step()) entries.push_back(read_entry(later));
    std::ranges::sort(entries, {}, [](const Entry& entry) { return entry.receipt.sequence; });
    const auto repeated = std::ranges::unique(entries, {}, [](const Entry& entry) { return entry.receipt.sequence; });
    entries.erase(repeated.begin(), repeated.end());
    return entries;
}

}  // namespace

Task<Result<std::vector<Entry>, ports::OrderTrail::Error>> SqliteOrderTrail::entries_of(OrderId order) {
    auto work = [order](SqliteConnection& c) { return read_trail(c, order); };
    auto entries = co_await database_.read(work);
    if (!entries) co_return fail(Error::unavailable);
    co_return std::move(*entries);
}

}  // namespace marketday::adapters
