#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "audit/checks.hpp"
#include "base/text.hpp"

namespace marketday::audit {
namespace {

constexpr std::array<std::string_view, 11> kStateNames{"?",         "reserved", "paying",    "paid",
                                                       "prepared",  "shipped",  "delivered", "returned",
                                                       "cancelled", "expired",  "refunded"};

std::string units_text(std::int64_t reserved, std::int64_t sold) {
    return fmt::format("{} reserved, {} sold", reserved, sold);
}

/// One line against what the ledger did with its units.
void check_line_state(Site& site, const StoredLine& line, Check& states) {
    states.examined();
    const std::string name = fmt::format("order {}, {}", line.order.to_string(), sku_name(site.names, line.sku_no));
    const auto found = site.replay.lines.find({line.order, line.sku_no});
    if (found == site.replay.lines.end()) {
        states.violated(name, "entries in the ledger", "none");
        return;
    }
    LineUnits& units = found->second;
    units.seen = true;
    std::int64_t reserved = holds(line.state) ? line.quantity : 0;
    std::int64_t sold = has_sold(line.state) ? line.quantity : 0;
    // A refund may or may not put the units back on sale; either way all of them.
    if (line.state == static_cast<std::int64_t>(State::refunded) && units.restocked == 0) sold = line.quantity;
    if (units.reserved != reserved || units.sold != sold)
        states.violated(name, fmt::format("{} ({})", units_text(reserved, sold), state_name(line.state)),
                        units_text(units.reserved, units.sold) + " by the ledger");
}

void check_amounts(Site& site, Check& prices) {
    for (Rows rows{site.store,
                   "SELECT o.order_id, o.total_minor, o.shipping_minor, o.currency, "
                   "  (SELECT CAST(sum(l.quantity * l.unit_price_minor) AS bigint) FROM order_lines l WHERE l.order_id "
                   "= o.order_id), "
                   "  o.shipping_minor < 0 FROM orders o"};
         rows.next();) {
        prices.examined();
        const std::int64_t expected = rows.integer(4) + rows.integer(2);
        if (rows.integer(1) != expected || rows.integer(5) != 0)
            prices.violated(
                "order " + rows.uuid(0).to_string(),
                fmt::format("total {} {} (lines and shipping)", expected, rows.text(3)),
                fmt::format("total {} {}, of it shipping {}", rows.integer(1), rows.text(3), rows.integer(2)));
    }
    // The price of a sale's item is fixed when the sale is made.
    for (Rows rows{site.store,
                   "SELECT o.order_id, l.sku_no, i.price_minor, l.unit_price_minor, i.currency, o.currency "
                   "FROM orders o JOIN order_lines l ON l.order_id = o.order_id "
                   "JOIN sale_items i ON i.sale_no = o.sale_no AND i.sku_no = l.sku_no "
                   "WHERE i.price_minor <> l.unit_price_minor OR i.currency <> o.currency"};
         rows.next();)
        prices.violated(fmt::format("order {}, {}", rows.uuid(0).to_string(), sku_name(site.names, rows.integer(1))),
                        fmt::format("{} {} a unit (the sale's price)", rows.integer(2), rows.text(4)),
                        fmt::format("{} {}", rows.integer(3), rows.text(5)));
}

void check_stored_receipts(Site& site, Check& receipts) {
    for (Rows rows{site.store,
                   "SELECT o.order_id, o.receipt_seq, o.receipt_hash, l.hash, l.order_id "
                   "FROM orders o LEFT JOIN ledger l ON l.sequence = o.receipt_seq"};
         rows.next();) {
        receipts.examined();
        const auto promised = rows.blob(2);
        const auto written = rows.blob(3);
        const bool same = std::ranges::equal(promised, written) && rows.uuid(0) == rows.uuid(4);
        if (!same)
            receipts.violated("order " + rows.uuid(0).to_string(),
                              fmt::format("ledger entry {} with hash {}", rows.integer(1), to_hex(promised)),
                              rows.null(3)
                                  ? std::string{"no such entry"}
                                  : fmt::format("hash {} of order {}", to_hex(written), rows.uuid(4).to_string()));
    }
}

}  // namespace

std::string state_name(std::int64_t state) {
    if (state >= 1 && state < static_cast<std::int64_t>(kStateNames.size()))
        return std::string{kStateNames[static_cast<std::size_t>(state)]};
    return fmt::format("state {}", state);
}

bool holds(std::int64_t state) { return state == 1 || state == 2; }
bool has_sold(std::int64_t state) { return state >= 3 && state <= 7; }

std::int64_t Site::units_kept(const StoredLine& line) const {
    if (has_sold(line.state)) return line.quantity;
    if (line.state != static_cast<std::int64_t>(State::refunded)) return 0;
    const auto found = replay.lines.find({line.order, line.sku_no});
    return found != replay.lines.end() && found->second.restocked > 0 ? 0 : line.quantity;
}

std::vector<StoredLine> read_lines(Store& store) {
    std::vector<StoredLine> lines;
    for (Rows rows{store,
                   "SELECT o.order_id, o.customer_id, o.sale_no, o.state, l.sku_no, l.quantity "
                   "FROM orders o JOIN order_lines l ON l.order_id = o.order_id"};
         rows.next();)
        lines.push_back(
            {rows.uuid(0), rows.uuid(1), rows.integer(2), rows.integer(3), rows.integer(4), rows.integer(5)});
    return lines;
}

void check_orders(Site& site, Report& report) {
    Check& states = report.add("states-match-ledger", "Orders are in the state that the ledger tells", "lines");
    Check& receipts = report.add("receipts-hold", "Receipts are entries of the ledger", "receipts");
    Check& prices = report.add("price-as-shown", "Totals and prices are those shown", "orders");
    for (const StoredLine& line : site.lines) check_line_state(site, line, states);
    for (const auto& [key, units] : site.replay.lines)
        if (!units.seen)
            states.violated(fmt::format("order {}, {}", key.order.to_string(), sku_name(site.names, key.sku_no)),
                            "an order with that line (the ledger moved its units)", "none");
    for (Rows rows{site.store,
                   "SELECT o.order_id FROM orders o "
                   "WHERE NOT EXISTS (SELECT 1 FROM order_lines l WHERE l.order_id = o.order_id)"};
         rows.next();)
        states.violated("order " + rows.uuid(0).to_string(), "at least one line", "none");
    for (Rows rows{site.store,
                   "SELECT l.order_id, count(*) FROM order_lines l "
                   "WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = l.order_id) GROUP BY l.order_id"};
         rows.next();)
        states.violated("order " + rows.uuid(0).to_string(), "an order to its lines",
                        fmt::format("{} lines without an order", rows.integer(1)));
    for (Rows rows{site.store,
                   "SELECT x.order_id, x.sequence, l.order_id FROM ledger_of_orders x "
                   "LEFT JOIN ledger l ON l.sequence = x.sequence WHERE l.order_id IS DISTINCT FROM x.order_id"};
         rows.next();)
        states.violated("order " + rows.uuid(0).to_string(), fmt::format("its ledger entry {}", rows.integer(1)),
                        rows.null(2) ? std::string{"none"} : "an entry of order " + rows.uuid(2).to_string());
    check_stored_receipts(site, receipts);
    check_amounts(site, prices);
    report.orders = site.store.number("SELECT count(*) FROM orders");
}

void check_keys(Site& site, Report& report) {
    Check& keys = report.add("one-order-a-key", "One order a key, one key an order", "keys");
    // Keys are kept for 7 days after the order; younger orders than this must have theirs.
    constexpr std::int64_t kKeptMs = 6LL * 24 * 3600 * 1000;
    const std::int64_t newest_ms = site.store.number("SELECT coalesce(max(placed_ms), 0) FROM orders");
    struct Holder {
        Uuid customer;
        std::string key;
    };
    std::unordered_map<Uuid, Holder> by_order;
    for (Rows rows{site.store, "SELECT customer_id, key, order_id, refusal FROM customer_facts WHERE kind = 2"};
         rows.next();) {
        keys.examined();
        const auto key_bytes = rows.blob(1);
        Holder holder{rows.uuid(0), {reinterpret_cast<const char*>(key_bytes.data()), key_bytes.size()}};
        const std::string name = fmt::format("key {} of customer {}", holder.key, holder.customer.to_string());
        if (rows.null(2) == rows.null(3))
            keys.violated(name, "either an order or a refusal", rows.null(2) ? "neither" : "both");
        if (rows.null(2)) continue;
        const auto [first, fresh] = by_order.try_emplace(rows.uuid(2), holder);
        if (!fresh)
            keys.violated("order " + rows.uuid(2).to_string(), "one key",
                          fmt::format("keys {} and {}", first->second.key, holder.key));
    }
    for (Rows rows{site.store, "SELECT order_id, customer_id, placed_ms FROM orders"}; rows.next();) {
        const auto holder = by_order.find(rows.uuid(0));
        if (holder == by_order.end()) {
            if (rows.integer(2) > newest_ms - kKeptMs)
                keys.violated("order " + rows.uuid(0).to_string(), "the key it was placed with", "none");
            continue;
        }
        if (holder->second.customer != rows.uuid(1))
            keys.violated("order " + rows.uuid(0).to_string(), "a key of its customer " + rows.uuid(1).to_string(),
                          "a key of customer " + holder->second.customer.to_string());
        by_order.erase(holder);
    }
    for (Rows rows{site.store,
                   "SELECT o.order_id, o.customer_id FROM orders o WHERE NOT EXISTS (SELECT 1 FROM customer_facts r "
                   "WHERE r.customer_id = o.customer_id AND r.kind = 3 AND r.order_id = o.order_id)"};
         rows.next();)
        keys.violated("order " + rows.uuid(0).to_string(), "in the list of its customer " + rows.uuid(1).to_string(),
                      "not there");
    for (const auto& [order, holder] : by_order)
        keys.violated(fmt::format("key {} of customer {}", holder.key, holder.customer.to_string()),
                      "its order " + order.to_string(), "no such order");
}

}  // namespace marketday::audit
