#include <fmt/format.h>

#include <unordered_set>

#include "audit/checks.hpp"

namespace marketday::audit {
namespace {

// Standings of tickets as they are stored.
constexpr std::int64_t kLive = 1;
constexpr std::int64_t kUnlisted = 2;

struct StoredLineOfSale {
    std::int64_t line_no = 0;
    std::string name;
    std::int64_t sequence_mark = 0;
    std::int64_t called_turns = 0;
    bool list_closed = false;
    std::int64_t list_entries = 0;
    std::int64_t list_end = 0;
};

std::vector<StoredLineOfSale> read_sale_lines(Store& store) {
    std::vector<StoredLineOfSale> lines;
    for (Rows rows{store,
                   "SELECT line_no, sale_id, sequence_mark, called_turns, list_closed_ms IS NOT NULL, list_entries, "
                   "list_end FROM lines"};
         rows.next();)
        lines.push_back({rows.integer(0), "line of sale " + rows.uuid(1).to_string(), rows.integer(2), rows.integer(3),
                         rows.integer(4) != 0, rows.integer(5), rows.integer(6)});
    return lines;
}

/// The customers who have or had a ticket.
std::unordered_set<Uuid> check_tickets(Store& store, const StoredLineOfSale& line, Check& check) {
    std::unordered_set<Uuid> customers;
    Rows rows{store, "SELECT sequence, customer, live FROM line_tickets WHERE line_no = ?1 ORDER BY sequence"};
    rows.bind(1, line.line_no);
    std::unordered_set<Uuid> live;
    std::int64_t tickets = 0;
    std::int64_t listed = 0;
    std::int64_t last = 0;
    while (rows.next()) {
        check.examined();
        customers.insert(rows.uuid(1));
        const std::int64_t sequence = rows.integer(0);
        // Who left before the list was closed has no turn.
        if (rows.integer(2) != kUnlisted) {
            ++tickets;
            if (line.list_closed && sequence < line.list_end) ++listed;
        }
        if (sequence >= line.sequence_mark)
            check.violated(fmt::format("{}, ticket {}", line.name, sequence),
                           fmt::format("a number below the mark {}", line.sequence_mark),
                           "one that may be given again");
        if (sequence == last)
            check.violated(fmt::format("{}, ticket {}", line.name, sequence), "one ticket", "two tickets");
        last = sequence;
        if (rows.integer(2) == kLive && !live.insert(rows.uuid(1)).second)
            check.violated(fmt::format("{}, customer {}", line.name, rows.uuid(1).to_string()), "one ticket",
                           "two tickets that stand in line");
    }
    if (line.list_closed && listed != line.list_entries)
        check.violated(line.name, fmt::format("{} tickets in the closed list", line.list_entries),
                       fmt::format("{} tickets", listed));
    if (line.called_turns > tickets)
        check.violated(line.name, fmt::format("at most its {} turns called", tickets),
                       fmt::format("{} turns called", line.called_turns));
    return customers;
}

void check_calls(Store& store, const StoredLineOfSale& line, Check& check) {
    Rows rows{store, "SELECT turn_begin, turn_end FROM line_calls WHERE line_no = ?1 ORDER BY turn_end"};
    rows.bind(1, line.line_no);
    std::int64_t called = 0;
    while (rows.next()) {
        if (rows.integer(0) < called)
            check.violated(fmt::format("{}, call of turns {} to {}", line.name, rows.integer(0), rows.integer(1) - 1),
                           fmt::format("turns from {} on", called), "turns called twice");
        called = rows.integer(1);
    }
    if (called > line.called_turns)
        check.violated(line.name, fmt::format("{} turns called (its calls)", called),
                       fmt::format("{} turns called", line.called_turns));
}

/// Where there is a line, nobody buys past it.
void check_buyers(Store& store, const StoredLineOfSale& line, const std::unordered_set<Uuid>& customers, Check& check) {
    Rows rows{store,
              "SELECT o.order_id, o.customer_id FROM orders o JOIN sales s ON s.sale_no = o.sale_no "
              "JOIN lines l ON l.sale_id = s.sale_id WHERE s.line_enabled = 1 AND l.line_no = ?1"};
    rows.bind(1, line.line_no);
    while (rows.next())
        if (!customers.contains(rows.uuid(1)))
            check.violated("order " + rows.uuid(0).to_string(),
                           fmt::format("a ticket of its customer {}", rows.uuid(1).to_string()),
                           "none: it passed the line");
}

}  // namespace

void check_line(Site& site, Report& report) {
    Check& check = report.add("line-in-order", "Nobody passes anybody in line", "tickets");
    if (!site.store.has_table("line_tickets")) {
        check.skip("no line in this database");
        return;
    }
    for (const StoredLineOfSale& line : read_sale_lines(site.store)) {
        const auto customers = check_tickets(site.store, line, check);
        check_calls(site.store, line, check);
        check_buyers(site.store, line, customers, check);
    }
}

}  // namespace marketday::audit
