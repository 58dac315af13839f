// The business figures counted again from orders, accounts and visits.

#include "adapters/distributed/postgres_statistics.hpp"

namespace marketday::adapters {
namespace {

using ports::Statistics;

/// Whether everything that has happened has been counted: nothing waits in the outbox or on the bus.
Task<bool> is_settled(PostgresSession& session) {
    auto row = co_await session.query(
        "SELECT NOT EXISTS (SELECT 1 FROM outbox WHERE sent = 0)"
        " AND NOT EXISTS (SELECT 1 FROM bus_deliveries WHERE group_name = $1)"
        // Where another carrier brings what is new, the group notes how far it has come.
        " AND CASE WHEN (SELECT cursor FROM bus_groups WHERE name = $1) = 9223372036854775807"
        " THEN (SELECT caught_up FROM bus_groups WHERE name = $1) = (SELECT position FROM outbox_head)"
        " ELSE NOT EXISTS (SELECT 1 FROM bus_messages WHERE position >"
        " coalesce((SELECT cursor FROM bus_groups WHERE name = $1), 0)) END",
        kStatisticsGroup);
    row.step();
    co_return row.integer(0) != 0;
}

Task<Recounting::Counts> from_sources(PostgresSession& session, Recounting& counting, const Statistics::Recount& what) {
    // In slices, so that weeks of orders never stand in memory at once.
    constexpr std::int64_t kSlice = 20'000;
    Uuid from = counting.first_order();
    for (bool more = true; more;) {
        auto orders = co_await session.query(
            "SELECT placed_ms, captured_ms, refunded_ms, total_minor, currency, state, order_id FROM orders"
            " WHERE order_id >= $1 AND order_id < $2 ORDER BY order_id LIMIT $3",
            from, counting.end(), kSlice);
        more = orders.size() == static_cast<std::size_t>(kSlice);
        const auto time = [&orders](int column) {
            return orders.is_null(column) ? std::nullopt : std::optional{orders.integer(column)};
        };
        while (orders.step()) {
            counting.order({orders.integer(0), time(1), time(2), orders.integer(3), orders.text(4), orders.integer(5)});
            from = orders.uuid(6);
        }
        // The next id: this one was counted.
        for (std::size_t i = from.bytes.size(); i-- > 0;)
            if (++from.bytes[i] != 0) break;
    }
    auto customers = co_await session.query("SELECT created_at FROM customers WHERE id >= $1 AND id < $2",
                                            counting.first_customer(), counting.end());
    while (customers.step()) counting.signed_up(customers.integer(0));
    auto visits = co_await session.query(
        "SELECT day, count(*) FROM stat_visits WHERE day >= $1 AND day < $2 GROUP BY day", what.from, what.to);
    while (visits.step()) counting.figure(visits.integer(0), "visitors", visits.integer(1));
    co_return counting.take();
}

Task<Recounting::Counts> as_kept(PostgresSession& session, Recounting& counting, const Statistics::Recount& what) {
    auto days = co_await session.query(
        "SELECT day, visitors, signed_up, orders, paid, refunded FROM stat_days WHERE day >= $1 AND day < $2",
        what.from, what.to);
    while (days.step()) {
        int column = 1;
        for (const char* figure : {"visitors", "signed_up", "orders", "paid", "refunded"})
            counting.figure(days.integer(0), figure, days.integer(column++));
    }
    auto money = co_await session.query(
        "SELECT day, currency, revenue_minor, refunded_minor FROM stat_money WHERE day >= $1 AND day < $2", what.from,
        what.to);
    while (money.step()) {
        counting.figure(money.integer(0), "revenue " + money.text(1), money.integer(2));
        counting.figure(money.integer(0), "refunds " + money.text(1), money.integer(3));
    }
    co_return counting.take();
}

}  // namespace

Task<std::optional<Statistics::Check>> recount_statistics(PostgresSession& session, const Statistics::Recount& what) {
    const bool settled = co_await is_settled(session);
    if (!settled) co_return std::nullopt;
    Recounting counting(what);
    const auto counted = co_await from_sources(session, counting, what);
    auto kept = co_await as_kept(session, counting, what);
    co_return counting.compare(counted, std::move(kept));
}

}  // namespace marketday::adapters
