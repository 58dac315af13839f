#include "adapters/distributed/postgres_baskets.hpp"

#include "adapters/stored/basket_text.hpp"

namespace marketday::adapters {
namespace {

using domain::Basket;
using ports::Baskets;
using Error = Baskets::Error;
using Priority = PostgresDatabase::Priority;

std::int64_t number_of(Baskets::OwnerKind kind) { return static_cast<std::int64_t>(kind); }

/// Until the transaction ends nobody else changes this basket, one that does not exist yet included.
Task<void> lock_basket(PostgresSession& session, const Baskets::Owner& owner) {
    co_await session.query("SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))", owner.id,
                           number_of(owner.kind));
}

Task<Basket> read_basket(PostgresSession& session, const Baskets::Owner& owner) {
    auto row = co_await session.query("SELECT lines FROM baskets WHERE kind = $1 AND owner = $2", number_of(owner.kind),
                                      owner.id);
    const bool found = row.step();
    co_return found ? basket_from_text(row.text_view(0)) : Basket{};
}

PostgresStatement remove_basket(const Baskets::Owner& owner) {
    return PostgresSession::statement("DELETE FROM baskets WHERE kind = $1 AND owner = $2", number_of(owner.kind),
                                      owner.id);
}

PostgresStatement write_basket(const Baskets::Owner& owner, const Basket& basket, WallTime now) {
    if (basket.lines.empty()) return remove_basket(owner);
    return PostgresSession::statement(
        "INSERT INTO baskets (kind, owner, lines, touched_ms) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (kind, owner) DO UPDATE SET lines = excluded.lines, touched_ms = excluded.touched_ms",
        number_of(owner.kind), owner.id, basket_to_text(basket), to_unix_ms(now));
}

Task<Result<Basket, domain::BasketRefusal>> change_one(PostgresSession& session, const Baskets::Owner& owner,
                                                       const std::vector<domain::BasketChange>& changes,
                                                       const WallTime& now) {
    co_await lock_basket(session, owner);
    auto basket = co_await read_basket(session, owner);
    auto changed = domain::change_basket(std::move(basket), changes);
    if (!changed) co_return changed;
    auto last = write_basket(owner, *changed, now);
    co_await session.finish_with(std::move(last));
    co_return changed;
}

Task<Basket> merge_two(PostgresSession& session, const Baskets::Owner& from, const Baskets::Owner& into,
                       const WallTime& now) {
    // In one order, or two merges the other way round would wait for each other.
    co_await lock_basket(session, std::min(from, into));
    co_await lock_basket(session, std::max(from, into));
    auto kept = co_await read_basket(session, into);
    auto added = co_await read_basket(session, from);
    Basket merged = domain::merge_baskets(std::move(kept), std::move(added));
    std::vector<PostgresStatement> last;
    last.push_back(write_basket(into, merged, now));
    last.push_back(remove_basket(from));
    co_await session.finish_with(std::move(last));
    co_return merged;
}

Task<Basket> take_out(PostgresSession& session, const Baskets::Owner& owner,
                      const std::vector<domain::OrderLine>& ordered, const WallTime& now) {
    co_await lock_basket(session, owner);
    auto basket = co_await read_basket(session, owner);
    Basket left = domain::take_ordered(std::move(basket), ordered);
    auto last = write_basket(owner, left, now);
    co_await session.finish_with(std::move(last));
    co_return left;
}

}  // namespace

Baskets::Answer<Basket> PostgresBaskets::find(Owner owner) {
    auto found = co_await database_.read(&read_basket, owner);
    co_return to_port<Error>(std::move(found));
}

Baskets::Answer<Result<Basket, domain::BasketRefusal>> PostgresBaskets::change(
    Owner owner, std::vector<domain::BasketChange> changes, WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &change_one, owner, changes, now);
    co_return to_port<Error>(std::move(written));
}

Baskets::Answer<Basket> PostgresBaskets::merge(Owner from, Owner into, WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &merge_two, from, into, now);
    co_return to_port<Error>(std::move(written));
}

Baskets::Answer<Basket> PostgresBaskets::take_ordered(Owner owner, std::vector<domain::OrderLine> ordered,
                                                      WallTime now) {
    auto written = co_await database_.write(Priority::shoppers, &take_out, owner, ordered, now);
    co_return to_port<Error>(std::move(written));
}

Baskets::Answer<std::size_t> PostgresBaskets::forget(OwnerKind kind, WallTime before, std::size_t baskets_max) {
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const std::int64_t& of_kind, const std::int64_t& before_ms,
           const std::int64_t& most) -> Task<std::size_t> {
            const auto forgotten = co_await session.run(
                "DELETE FROM baskets WHERE kind = $1 AND touched_ms < $2 AND owner IN (SELECT b.owner FROM baskets b"
                " WHERE b.kind = $1 AND b.touched_ms < $2 ORDER BY b.touched_ms LIMIT $3)",
                of_kind, before_ms, most);
            co_return static_cast<std::size_t>(forgotten);
        },
        number_of(kind), to_unix_ms(before), static_cast<std::int64_t>(baskets_max));
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
