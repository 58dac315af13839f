// The business figures counted again from orders, accounts and visits.

#include "adapters/embedded/sqlite_statistics.hpp"
#include "adapters/stored/statistics_text.hpp"

namespace marketday::adapters {
namespace {

using ports::Statistics;

/// Whether everything that has happened has been counted: nothing waits in the outbox or on the bus.
bool is_settled(SqliteConnection& c) {
    if (c.query("SELECT 1 FROM outbox WHERE sent = 0 AND position > 0 LIMIT 1").step()) return false;
    if (c.query("SELECT 1 FROM bus_deliveries WHERE group_name = 'statistics' LIMIT 1").step()) return false;
    auto q = c.query(
        "SELECT 1 FROM bus_messages WHERE position >"
        " coalesce((SELECT cursor FROM bus_groups WHERE name = 'statistics'), 0) LIMIT 1");
    return !q.step();
}

Recounting::Counts from_sources(SqliteConnection& c, Recounting& counting, const Statistics::Recount& what) {
    auto orders = c.query(
        "SELECT placed_ms, captured_ms, refunded_ms, total_minor, currency, state FROM orders"
        " WHERE order_id >= ?1 AND order_id < ?2",
        counting.first_order(), counting.end());
    const auto time = [&orders](int column) {
        return orders.is_null(column) ? std::nullopt : std::optional{orders.integer(column)};
    };
    while (orders.step())
        counting.order({orders.integer(0), time(1), time(2), orders.integer(3), orders.text(4), orders.integer(5)});
    auto customers = c.query("SELECT created_at FROM customers WHERE id >= ?1 AND id < ?2", counting.first_customer(),
                             counting.end());
    while (customers.step()) counting.signed_up(customers.integer(0));
    auto visits =
        c.query("SELECT day, count(*) FROM stat_visits WHERE day >= ?1 AND day < ?2 GROUP BY day", what.from, what.to);
    while (visits.step()) counting.figure(visits.integer(0), "visitors", visits.integer(1));
    return counting.take();
}

Recounting::Counts as_kept(SqliteConnection& c, Recounting& counting, const Statistics::Recount& what) {
    auto days =
        c.query("SELECT day, visitors, signed_up, orders, paid, refunded FROM stat_days WHERE day >= ?1 AND day < ?2",
                what.from, what.to);
    while (days.step()) {
        int column = 1;
        for (const char* figure : {"visitors", "signed_up", "orders", "paid", "refunded"})
            counting.figure(days.integer(0), figure, days.integer(column++));
    }
    auto money =
        c.query("SELECT day, currency, revenue_minor, refunded_minor FROM stat_money WHERE day >= ?1 AND day < ?2",
                what.from, what.to);
    while (money.step()) {
        counting.figure(money.integer(0), "revenue " + money.text(1), money.integer(2));
        counting.figure(money.integer(0), "refunds " + money.text(1), money.integer(3));
    }
    return counting.take();
}

}  // namespace

std::optional<Statistics::Check> recount_statistics(SqliteConnection& connection, const Statistics::Recount& what) {
    connection.script("BEGIN");
    // One moment's view, and nothing written. A read that failed may have ended the transaction already, and one that
    // cannot be ended is no reason to end the process.
    struct Ending {
        SqliteConnection& c;
        ~Ending() { sqlite3_exec(c.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }
    } ending{connection};
    if (!is_settled(connection)) return std::nullopt;
    Recounting counting(what);
    const auto counted = from_sources(connection, counting, what);
    return counting.compare(counted, as_kept(connection, counting, what));
}

}  // namespace marketday::adapters
