// The business figures counted again from orders, accounts and visits.

#include <map>

#include "adapters/embedded/sqlite_statistics.hpp"

namespace marketday::adapters {
namespace {

using ports::Statistics;

constexpr std::int64_t kDayMs = 86'400'000;
/// An order may be paid or refunded long after it was placed; those of before are not looked for.
constexpr std::int64_t kOrderAgeDaysMax = 60;

/// Whether everything that has happened has been counted: nothing waits in the outbox or on the bus.
bool is_settled(SqliteConnection& c) {
    if (c.query("SELECT 1 FROM outbox WHERE sent = 0 AND position > 0 LIMIT 1").step()) return false;
    if (c.query("SELECT 1 FROM bus_deliveries WHERE group_name = 'statistics' LIMIT 1").step()) return false;
    auto q = c.query(
        "SELECT 1 FROM bus_messages WHERE position >"
        " coalesce((SELECT cursor FROM bus_groups WHERE name = 'statistics'), 0) LIMIT 1");
    return !q.step();
}

using Counts = std::map<std::pair<ports::ShopDay, std::string>, std::int64_t>;

class Recounting {
public:
    Recounting(SqliteConnection& connection, const Statistics::Recount& what) : c_(connection), what_(what) {}

    Counts from_sources() {
        count_orders();
        count_sign_ups();
        count_visits();
        return std::move(counts_);
    }

    Counts as_kept() {
        auto q = c_.query(
            "SELECT day, visitors, signed_up, orders, paid, refunded FROM stat_days WHERE day >= ?1 AND day < ?2",
            what_.from, what_.to);
        while (q.step()) {
            int column = 1;
            for (const char* figure : {"visitors", "signed_up", "orders", "paid", "refunded"})
                add(q.integer(0), figure, q.integer(column++));
        }
        auto money =
            c_.query("SELECT day, currency, revenue_minor, refunded_minor FROM stat_money WHERE day >= ?1 AND day < ?2",
                     what_.from, what_.to);
        while (money.step()) {
            add(money.integer(0), "revenue " + money.text(1), money.integer(2));
            add(money.integer(0), "refunds " + money.text(1), money.integer(3));
        }
        return std::move(counts_);
    }

private:
    ports::ShopDay day_of(std::int64_t unix_ms) const {
        const std::int64_t local = unix_ms + what_.utc_offset.count();
        return local >= 0 ? local / kDayMs : (local - kDayMs + 1) / kDayMs;
    }
    std::int64_t start_ms(ports::ShopDay day) const { return day * kDayMs - what_.utc_offset.count(); }

    /// Below every id that was made at or after `unix_ms`: ids begin with their time.
    static Uuid first_id(std::int64_t unix_ms) {
        Uuid id{};
        for (std::size_t i = 0; i < 6; ++i)
            id.bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(unix_ms) >> (8 * (5 - i)));
        return id;
    }

    void add(ports::ShopDay day, std::string figure, std::int64_t by) {
        if (day >= what_.from && day < what_.to && by != 0) counts_[{day, std::move(figure)}] += by;
    }

    void count_orders() {
        auto q = c_.query(
            "SELECT placed_ms, captured_ms, refunded_ms, total_minor, currency, state FROM orders"
            " WHERE order_id >= ?1 AND order_id < ?2",
            first_id(std::max<std::int64_t>(0, start_ms(what_.from - kOrderAgeDaysMax))),
            first_id(start_ms(what_.to + 1)));
        while (q.step()) {
            add(day_of(q.integer(0)), "orders", 1);
            // Paid in time, or granted again; not money that came for an order that could not be served.
            const bool was_paid = !q.is_null(1) && q.integer(5) != 8 && q.integer(5) != 9;
            if (was_paid) {
                add(day_of(q.integer(1)), "paid", 1);
                add(day_of(q.integer(1)), "revenue " + q.text(4), q.integer(3));
            }
            if (q.is_null(2)) continue;
            add(day_of(q.integer(2)), "refunded", 1);
            add(day_of(q.integer(2)), "refunds " + q.text(4), q.integer(3));
        }
    }

    void count_sign_ups() {
        auto q =
            c_.query("SELECT created_at FROM customers WHERE id >= ?1 AND id < ?2",
                     first_id(std::max<std::int64_t>(0, start_ms(what_.from - 1))), first_id(start_ms(what_.to + 1)));
        while (q.step()) add(day_of(q.integer(0)), "signed_up", 1);
    }

    void count_visits() {
        auto q = c_.query("SELECT day, count(*) FROM stat_visits WHERE day >= ?1 AND day < ?2 GROUP BY day", what_.from,
                          what_.to);
        while (q.step()) add(q.integer(0), "visitors", q.integer(1));
    }

    SqliteConnection& c_;
    const Statistics::Recount& what_;
    Counts counts_;
};

}  // namespace

std::optional<Statistics::Check> recount_statistics(SqliteConnection& connection, const Statistics::Recount& what) {
    connection.script("BEGIN");
    struct Ending {
        SqliteConnection& c;
        ~Ending() { c.script("COMMIT"); }
    } ending{connection};
    if (!is_settled(connection)) return std::nullopt;
    const Counts counted = Recounting(connection, what).from_sources();
    Counts kept = Recounting(connection, what).as_kept();
    Statistics::Check check{.at = what.now, .days = what.to - what.from, .differences = {}};
    for (const auto& [key, count] : counted) {
        const std::int64_t had = kept[key];
        kept.erase(key);
        if (had != count) check.differences.push_back({key.first, key.second, had, count});
    }
    for (const auto& [key, count] : kept) check.differences.push_back({key.first, key.second, count, 0});
    return check;
}

}  // namespace marketday::adapters
