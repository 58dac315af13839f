#include "adapters/embedded/sqlite_statistics.hpp"

#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/stored/statistics_text.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using ports::Statistics;
using Priority = SqliteDatabase::Priority;

template <class T>
Result<T, Statistics::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(Statistics::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(Statistics::Error::outcome_unknown);
    }
    return fail(Statistics::Error::outcome_unknown);
}

void add(SqliteConnection& c, const Statistics::Tally& tally) {
    for (const auto& one : tally.days)
        c.run(
            "INSERT INTO stat_days (day, signed_up, orders, paid, refunded) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (day) DO UPDATE SET signed_up = signed_up + ?2, orders = orders + ?3, paid = paid + ?4,"
            " refunded = refunded + ?5",
            one.day, one.signed_up, one.orders, one.paid, one.refunded);
    for (const auto& one : tally.money)
        c.run(
            "INSERT INTO stat_money (day, currency, revenue_minor, refunded_minor) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (day, currency) DO UPDATE SET revenue_minor = revenue_minor + ?3,"
            " refunded_minor = refunded_minor + ?4",
            one.day, one.revenue.currency.code(), one.revenue.amount_minor, one.refunded.amount_minor);
    for (const auto& one : tally.goods)
        c.run(
            "INSERT INTO stat_goods (day, sku_no, currency, units, revenue_minor)"
            " SELECT ?1, sku_no, ?3, ?4, ?5 FROM offers WHERE sku = ?2"
            " ON CONFLICT (day, sku_no, currency) DO UPDATE SET units = units + ?4, revenue_minor = revenue_minor + ?5",
            one.day, one.sku, one.revenue.currency.code(), one.units, one.revenue.amount_minor);
}

/// A customer's first visit of a month.
void count_month(SqliteConnection& c, const CustomerId& customer, ports::ShopMonth month) {
    ports::ShopMonth first = month;
    {
        auto q = c.query("SELECT first_month, last_month FROM stat_customers WHERE customer_id = ?1", customer);
        if (q.step()) {
            first = q.integer(0);
            if (q.integer(1) >= month) return;
        }
    }
    c.run(
        "INSERT INTO stat_customers (customer_id, first_month, last_month) VALUES (?1, ?2, ?2)"
        " ON CONFLICT (customer_id) DO UPDATE SET last_month = ?2",
        customer, month);
    c.run(
        "INSERT INTO stat_months (month, customers) VALUES (?1, 1)"
        " ON CONFLICT (month) DO UPDATE SET customers = customers + 1",
        month);
    c.run(
        "INSERT INTO stat_retention (cohort, months_later, customers) VALUES (?1, ?2, 1)"
        " ON CONFLICT (cohort, months_later) DO UPDATE SET customers = customers + 1",
        first, month - first);
}

bool visit_one(SqliteConnection& c, const Statistics::Visit& visit) {
    std::array<std::uint8_t, 8> stranger{};
    for (std::size_t i = 0; i < stranger.size(); ++i)
        stranger[i] = static_cast<std::uint8_t>(visit.stranger >> (8 * i));
    const std::span<const std::uint8_t> who = visit.customer ? std::span<const std::uint8_t>{visit.customer->uuid.bytes}
                                                             : std::span<const std::uint8_t>{stranger};
    c.run("INSERT OR IGNORE INTO stat_visits (day, visitor) VALUES (?1, ?2)", visit.day, who);
    if (c.changes() == 0) return false;
    const std::int64_t signed_in = visit.customer ? 1 : 0;
    c.run(
        "INSERT INTO stat_days (day, visitors, customers) VALUES (?1, 1, ?2)"
        " ON CONFLICT (day) DO UPDATE SET visitors = visitors + 1, customers = customers + ?2",
        visit.day, signed_in);
    if (visit.customer) count_month(c, *visit.customer, visit.month);
    return true;
}

std::vector<Statistics::Day> read_days(SqliteConnection& c, const Statistics::Period& period) {
    std::vector<Statistics::Day> days;
    auto q = c.query(
        "SELECT day, visitors, customers, signed_up, orders, paid, refunded FROM stat_days"
        " WHERE day >= ?1 AND day < ?2 ORDER BY day",
        period.from, period.to);
    while (q.step())
        days.push_back({.day = q.integer(0),
                        .visitors = q.integer(1),
                        .customers = q.integer(2),
                        .signed_up = q.integer(3),
                        .orders = q.integer(4),
                        .paid = q.integer(5),
                        .refunded = q.integer(6)});
    auto money = c.query(
        "SELECT day, currency, revenue_minor, refunded_minor FROM stat_money WHERE day >= ?1 AND day < ?2"
        " ORDER BY day, currency",
        period.from, period.to);
    auto at = days.begin();
    while (money.step()) {
        while (at != days.end() && at->day < money.integer(0)) ++at;
        const auto currency = Currency::parse(money.text_view(1));
        if (at == days.end() || at->day != money.integer(0) || !currency) continue;
        at->money.push_back({{money.integer(2), *currency}, {money.integer(3), *currency}});
    }
    return days;
}

Statistics::Figures read_figures(SqliteConnection& c, const Statistics::Period& period) {
    Statistics::Figures figures;
    figures.days = read_days(c, period);
    auto months = c.query("SELECT month, customers FROM stat_months WHERE month >= ?1 AND month < ?2 ORDER BY month",
                          period.from_month, period.to_month);
    while (months.step()) figures.months.push_back({months.integer(0), months.integer(1)});
    auto retained = c.query(
        "SELECT cohort, months_later, customers FROM stat_retention WHERE cohort >= ?1 AND cohort < ?2"
        " ORDER BY cohort, months_later",
        period.from_month, period.to_month);
    while (retained.step())
        figures.retention.push_back({retained.integer(0), retained.integer(1), retained.integer(2)});
    auto goods = c.query(
        "SELECT f.sku, g.currency, sum(g.units) AS units, sum(g.revenue_minor) FROM stat_goods g"
        " JOIN offers f ON f.sku_no = g.sku_no WHERE g.day >= ?1 AND g.day < ?2"
        " GROUP BY f.sku, g.currency ORDER BY units DESC, f.sku LIMIT ?3",
        period.from, period.to, static_cast<std::int64_t>(period.goods_max));
    while (goods.step()) {
        const auto currency = Currency::parse(goods.text_view(1));
        if (currency) figures.best_goods.push_back({goods.text(0), goods.integer(2), {goods.integer(3), *currency}});
    }
    return figures;
}

std::optional<Statistics::Check> read_check(SqliteConnection& c) {
    auto q = c.query("SELECT checked_ms, days, differences FROM stat_check WHERE one = 1");
    if (!q.step()) return std::nullopt;
    return Statistics::Check{
        .at = from_unix_ms(q.integer(0)), .days = q.integer(1), .differences = differences_from_text(q.text_view(2))};
}

}  // namespace

Statistics::Answer<std::size_t> SqliteStatistics::count(std::vector<Tally> tallies, WallTime now) {
    auto work = [&](SqliteConnection& c) {
        std::size_t counted = 0;
        for (const Tally& tally : tallies) {
            c.run("INSERT OR IGNORE INTO events_seen (consumer, event_id, at_ms) VALUES (?1, ?2, ?3)", kStatisticsGroup,
                  tally.id, to_unix_ms(now));
            if (c.changes() == 0) continue;
            add(c, tally);
            ++counted;
        }
        return counted;
    };
    auto written = co_await database_.write(Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Statistics::Answer<std::size_t> SqliteStatistics::visited(std::vector<Visit> visits) {
    auto work = [&visits](SqliteConnection& c) {
        std::size_t counted = 0;
        for (const Visit& visit : visits) counted += visit_one(c, visit) ? 1 : 0;
        return counted;
    };
    auto written = co_await database_.write(Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Statistics::Answer<std::size_t> SqliteStatistics::forget_visits(ports::ShopDay day, std::size_t visits_max,
                                                                ports::Fence fence) {
    auto work = [&](SqliteConnection& c) {
        if (!fence_holds(c, fence)) return std::size_t{0};
        c.run(
            "DELETE FROM stat_visits WHERE (day, visitor) IN"
            " (SELECT day, visitor FROM stat_visits WHERE day < ?1 ORDER BY day LIMIT ?2)",
            day, static_cast<std::int64_t>(visits_max));
        return static_cast<std::size_t>(c.changes());
    };
    auto written = co_await database_.write(Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Statistics::Answer<Statistics::Figures> SqliteStatistics::figures(Period period) {
    auto work = [&period](SqliteConnection& c) { return read_figures(c, period); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Statistics::Answer<std::optional<Statistics::Check>> SqliteStatistics::recount(Recount what) {
    auto work = [&what](SqliteConnection& c) { return recount_statistics(c, what); };
    auto counted = co_await database_.read(work);
    if (!counted || !*counted) co_return to_port(std::move(counted));
    const Check& check = **counted;
    auto keep = [&check](SqliteConnection& c) {
        c.run(
            "INSERT INTO stat_check (one, checked_ms, days, differences) VALUES (1, ?1, ?2, ?3)"
            " ON CONFLICT (one) DO UPDATE SET checked_ms = ?1, days = ?2, differences = ?3",
            to_unix_ms(check.at), check.days, differences_to_text(check.differences));
        return std::monostate{};
    };
    auto kept = co_await database_.write(Priority::shoppers, keep);
    if (!kept) co_return fail(to_port(std::move(kept)).error());
    co_return std::move(*counted);
}

Statistics::Answer<std::optional<Statistics::Check>> SqliteStatistics::last_check() {
    auto work = [](SqliteConnection& c) { return read_check(c); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

}  // namespace marketday::adapters
