#include "adapters/distributed/postgres_statistics.hpp"

#include <map>
#include <set>

#include "adapters/distributed/postgres_leases.hpp"

namespace marketday::adapters {
namespace {

using ports::Statistics;
using Error = Statistics::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

/// Figures are added up by one at a time: their rows are few, and everybody counts the same days.
Task<void> lock_figures(PostgresSession& session) { co_await session.query("SELECT pg_advisory_xact_lock(7203, 5)"); }

void add(std::vector<PostgresStatement>& changes, const Statistics::Tally& tally) {
    for (const auto& one : tally.days)
        changes.push_back(PostgresSession::statement(
            "INSERT INTO stat_days AS d (day, signed_up, orders, paid, refunded) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (day) DO UPDATE SET signed_up = d.signed_up + $2, orders = d.orders + $3,"
            " paid = d.paid + $4, refunded = d.refunded + $5",
            one.day, one.signed_up, one.orders, one.paid, one.refunded));
    for (const auto& one : tally.money)
        changes.push_back(PostgresSession::statement(
            "INSERT INTO stat_money AS m (day, currency, revenue_minor, refunded_minor) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (day, currency) DO UPDATE SET revenue_minor = m.revenue_minor + $3,"
            " refunded_minor = m.refunded_minor + $4",
            one.day, one.revenue.currency.code(), one.revenue.amount_minor, one.refunded.amount_minor));
    for (const auto& one : tally.goods)
        changes.push_back(PostgresSession::statement(
            "INSERT INTO stat_goods AS g (day, sku_no, currency, units, revenue_minor)"
            " SELECT $1, o.sku_no, $3, $4, $5 FROM offers o WHERE o.sku = $2"
            " ON CONFLICT (day, sku_no, currency) DO UPDATE SET units = g.units + $4,"
            " revenue_minor = g.revenue_minor + $5",
            one.day, one.sku, one.revenue.currency.code(), one.units, one.revenue.amount_minor));
}

Task<std::size_t> count_all(PostgresSession& session, const std::vector<Statistics::Tally>& tallies,
                            const WallTime& now) {
    co_await lock_figures(session);
    PostgresArray ids{Of::texts};
    for (const auto& tally : tallies) ids.add(tally.id);
    const PostgresValue messages = ids.take();
    auto rows = co_await session.query(
        "INSERT INTO events_seen (consumer, event_id, at_ms) SELECT DISTINCT $1, e, $3::bigint FROM unnest($2::text[]) "
        "AS e"
        " ON CONFLICT DO NOTHING RETURNING event_id",
        kStatisticsGroup, messages, to_unix_ms(now));
    std::set<std::string> fresh;
    while (rows.step()) fresh.insert(rows.text(0));
    std::vector<PostgresStatement> last;
    std::size_t counted = 0;
    for (const auto& tally : tallies) {
        if (fresh.erase(tally.id) == 0) continue;
        add(last, tally);
        ++counted;
    }
    if (!last.empty()) co_await session.finish_with(std::move(last));
    co_return counted;
}

std::string visitor_of(const Statistics::Visit& visit) {
    if (visit.customer) return {visit.customer->uuid.bytes.begin(), visit.customer->uuid.bytes.end()};
    std::string stranger(8, '\0');
    for (std::size_t i = 0; i < stranger.size(); ++i) stranger[i] = static_cast<char>(visit.stranger >> (8 * i));
    return stranger;
}

struct FreshVisits {
    std::map<ports::ShopDay, std::pair<std::int64_t, std::int64_t>> days;  // visitors, customers
    std::map<CustomerId, std::set<ports::ShopMonth>> months;
    std::size_t counted = 0;
};
/// Writes the visits down; those that were not there before.
Task<FreshVisits> note_visits(PostgresSession& session, const std::vector<Statistics::Visit>& visits) {
    PostgresArray days{Of::integers}, visitors{Of::bytes};
    std::map<std::pair<ports::ShopDay, std::string>, const Statistics::Visit*> by_visitor;
    for (const auto& visit : visits) {
        auto who = visitor_of(visit);
        const auto [place, is_new] = by_visitor.emplace(std::pair{visit.day, std::move(who)}, &visit);
        if (!is_new) continue;
        const auto& bytes = place->first.second;
        days.add(visit.day);
        visitors.add(std::span{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    }
    const PostgresValue of_days = days.take();
    const PostgresValue of_visitors = visitors.take();
    auto rows = co_await session.query(
        "INSERT INTO stat_visits (day, visitor) SELECT * FROM unnest($1::bigint[], $2::bytea[])"
        " ON CONFLICT DO NOTHING RETURNING day, visitor",
        of_days, of_visitors);
    FreshVisits fresh;
    while (rows.step()) {
        const auto* visit = by_visitor.at({rows.integer(0), std::string{rows.text_view(1)}});
        auto& [all, signed_in] = fresh.days[visit->day];
        ++all;
        ++fresh.counted;
        if (!visit->customer) continue;
        ++signed_in;
        fresh.months[*visit->customer].insert(visit->month);
    }
    co_return fresh;
}

/// What a batch's first visits of a month add, each row once: a row of a month is every customer's, and changed for
/// each of them it would be as many versions long before the transaction ends.
class MonthCounts {
public:
    void add(const CustomerId& customer, ports::ShopMonth first, ports::ShopMonth month) {
        auto& [of_first, of_last] = customers_[customer];
        of_first = first;
        of_last = std::max(of_last, month);
        ++months_[month];
        ++retention_[{first, month - first}];
    }
    void write(std::vector<PostgresStatement>& changes) const {
        if (customers_.empty()) return;
        PostgresArray ids{Of::uuids}, firsts{Of::integers}, lasts{Of::integers};
        for (const auto& [customer, of] : customers_) ids.add(customer), firsts.add(of.first), lasts.add(of.second);
        changes.push_back(
            PostgresSession::statement("INSERT INTO stat_customers (customer_id, first_month, last_month)"
                                       " SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[])"
                                       " ON CONFLICT (customer_id) DO UPDATE SET last_month = excluded.last_month",
                                       ids.take(), firsts.take(), lasts.take()));
        for (const auto& [month, customers] : months_)
            changes.push_back(
                PostgresSession::statement("INSERT INTO stat_months AS m (month, customers) VALUES ($1, $2)"
                                           " ON CONFLICT (month) DO UPDATE SET customers = m.customers + $2",
                                           month, customers));
        for (const auto& [of, customers] : retention_)
            changes.push_back(PostgresSession::statement(
                "INSERT INTO stat_retention AS r (cohort, months_later, customers) VALUES ($1, $2, $3)"
                " ON CONFLICT (cohort, months_later) DO UPDATE SET customers = r.customers + $3",
                of.first, of.second, customers));
    }

private:
    std::map<CustomerId, std::pair<ports::ShopMonth, ports::ShopMonth>> customers_;  // first month, last month
    std::map<ports::ShopMonth, std::int64_t> months_;
    std::map<std::pair<ports::ShopMonth, std::int64_t>, std::int64_t> retention_;  // (first month, months later)
};

/// Customers' first visits of a month.
Task<void> count_months(PostgresSession& session, const std::map<CustomerId, std::set<ports::ShopMonth>>& months,
                        std::vector<PostgresStatement>& changes) {
    PostgresArray ids{Of::uuids};
    for (const auto& [customer, of] : months) ids.add(customer);
    const PostgresValue asked = ids.take();
    auto rows = co_await session.query(
        "SELECT customer_id, first_month, last_month FROM stat_customers WHERE customer_id = ANY ($1)", asked);
    std::map<CustomerId, std::pair<std::int64_t, std::int64_t>> known;
    while (rows.step()) known[CustomerId{rows.uuid(0)}] = {rows.integer(1), rows.integer(2)};
    MonthCounts counts;
    for (const auto& [customer, of] : months) {
        for (const ports::ShopMonth month : of) {
            const auto [seen, is_new] = known.try_emplace(customer, month, month);
            if (!is_new && seen->second.second >= month) continue;
            seen->second.second = month;
            counts.add(customer, seen->second.first, month);
        }
    }
    counts.write(changes);
}

Task<std::size_t> visit_all(PostgresSession& session, const std::vector<Statistics::Visit>& visits) {
    co_await lock_figures(session);
    const FreshVisits fresh = co_await note_visits(session, visits);
    std::vector<PostgresStatement> last;
    for (const auto& [day, count] : fresh.days)
        last.push_back(PostgresSession::statement(
            "INSERT INTO stat_days AS d (day, visitors, customers) VALUES ($1, $2, $3) ON CONFLICT (day) DO UPDATE SET"
            " visitors = d.visitors + $2, customers = d.customers + $3",
            day, count.first, count.second));
    if (!fresh.months.empty()) co_await count_months(session, fresh.months, last);
    if (!last.empty()) co_await session.finish_with(std::move(last));
    co_return fresh.counted;
}

Task<std::vector<Statistics::Day>> read_days(PostgresSession& session, const Statistics::Period& period) {
    std::vector<Statistics::Day> days;
    auto rows = co_await session.query(
        "SELECT day, visitors, customers, signed_up, orders, paid, refunded FROM stat_days"
        " WHERE day >= $1 AND day < $2 ORDER BY day",
        period.from, period.to);
    while (rows.step())
        days.push_back({.day = rows.integer(0),
                        .visitors = rows.integer(1),
                        .customers = rows.integer(2),
                        .signed_up = rows.integer(3),
                        .orders = rows.integer(4),
                        .paid = rows.integer(5),
                        .refunded = rows.integer(6)});
    auto money = co_await session.query(
        "SELECT day, currency, revenue_minor, refunded_minor FROM stat_money WHERE day >= $1 AND day < $2"
        " ORDER BY day, currency",
        period.from, period.to);
    auto at = days.begin();
    while (money.step()) {
        while (at != days.end() && at->day < money.integer(0)) ++at;
        const auto currency = Currency::parse(money.text_view(1));
        if (at == days.end() || at->day != money.integer(0) || !currency) continue;
        at->money.push_back({{money.integer(2), *currency}, {money.integer(3), *currency}});
    }
    co_return days;
}

Task<Statistics::Figures> read_figures(PostgresSession& session, const Statistics::Period& period) {
    Statistics::Figures figures;
    figures.days = co_await read_days(session, period);
    auto months = co_await session.query(
        "SELECT month, customers FROM stat_months WHERE month >= $1 AND month < $2 ORDER BY month", period.from_month,
        period.to_month);
    while (months.step()) figures.months.push_back({months.integer(0), months.integer(1)});
    auto retained = co_await session.query(
        "SELECT cohort, months_later, customers FROM stat_retention WHERE cohort >= $1 AND cohort < $2"
        " ORDER BY cohort, months_later",
        period.from_month, period.to_month);
    while (retained.step())
        figures.retention.push_back({retained.integer(0), retained.integer(1), retained.integer(2)});
    auto goods = co_await session.query(
        "SELECT f.sku, g.currency, sum(g.units)::bigint AS units, sum(g.revenue_minor)::bigint FROM stat_goods g"
        " JOIN offers f ON f.sku_no = g.sku_no WHERE g.day >= $1 AND g.day < $2"
        " GROUP BY f.sku, g.currency ORDER BY units DESC, f.sku LIMIT $3",
        period.from, period.to, static_cast<std::int64_t>(period.goods_max));
    while (goods.step()) {
        const auto currency = Currency::parse(goods.text_view(1));
        if (currency) figures.best_goods.push_back({goods.text(0), goods.integer(2), {goods.integer(3), *currency}});
    }
    co_return figures;
}

Task<std::optional<Statistics::Check>> read_check(PostgresSession& session) {
    auto row = co_await session.query("SELECT checked_ms, days, differences FROM stat_check WHERE one = 1");
    if (!row.step()) co_return std::nullopt;
    co_return Statistics::Check{.at = from_unix_ms(row.integer(0)),
                                .days = row.integer(1),
                                .differences = differences_from_text(row.text_view(2))};
}

Task<std::monostate> keep_check(PostgresSession& session, const Statistics::Check& check) {
    const std::string differences = differences_to_text(check.differences);
    co_await session.run(
        "INSERT INTO stat_check (one, checked_ms, days, differences) VALUES (1, $1, $2, $3)"
        " ON CONFLICT (one) DO UPDATE SET checked_ms = $1, days = $2, differences = $3",
        to_unix_ms(check.at), check.days, differences);
    co_return std::monostate{};
}

Task<std::size_t> forget_old_visits(PostgresSession& session, const ports::ShopDay& day, const std::size_t& visits_max,
                                    const ports::Fence& fence) {
    const bool holds = co_await fence_holds(session, fence);
    if (!holds) co_return std::size_t{0};
    const auto forgotten = co_await session.run(
        "DELETE FROM stat_visits WHERE (day, visitor) IN"
        " (SELECT day, visitor FROM stat_visits WHERE day < $1 ORDER BY day LIMIT $2)",
        day, static_cast<std::int64_t>(visits_max));
    co_return static_cast<std::size_t>(forgotten);
}

}  // namespace

Statistics::Answer<std::size_t> PostgresStatistics::count(std::vector<Tally> tallies, WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &count_all, tallies, now);
    co_return to_port<Error>(std::move(written));
}

Statistics::Answer<std::size_t> PostgresStatistics::visited(std::vector<Visit> visits) {
    auto written = co_await database_.write(Priority::shoppers, &visit_all, visits);
    co_return to_port<Error>(std::move(written));
}

Statistics::Answer<std::size_t> PostgresStatistics::forget_visits(ports::ShopDay day, std::size_t visits_max,
                                                                  ports::Fence fence) {
    auto written = co_await database_.write(Priority::shoppers, &forget_old_visits, day, visits_max, fence);
    co_return to_port<Error>(std::move(written));
}

Statistics::Answer<Statistics::Figures> PostgresStatistics::figures(Period period) {
    auto found = co_await database_.read_snapshot_at(period.freshness, &read_figures, period);
    co_return to_port<Error>(std::move(found));
}

Statistics::Answer<std::optional<Statistics::Check>> PostgresStatistics::recount(Recount what) {
    auto counted = co_await database_.read_snapshot(&recount_statistics, what);
    if (!counted || !*counted) co_return to_port<Error>(std::move(counted));
    const Check& check = **counted;
    auto kept = co_await database_.write(Priority::shoppers, &keep_check, check);
    if (!kept) co_return fail(to_port<Error>(std::move(kept)).error());
    co_return std::move(*counted);
}

Statistics::Answer<std::optional<Statistics::Check>> PostgresStatistics::last_check() {
    auto found = co_await database_.read(&read_check);
    co_return to_port<Error>(std::move(found));
}

}  // namespace marketday::adapters
