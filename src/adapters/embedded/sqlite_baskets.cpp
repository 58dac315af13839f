#include "adapters/embedded/sqlite_baskets.hpp"

#include "adapters/stored/basket_text.hpp"

namespace marketday::adapters {
namespace {

using domain::Basket;
using ports::Baskets;

template <class T>
Result<T, Baskets::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(Baskets::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(Baskets::Error::outcome_unknown);
    }
    return fail(Baskets::Error::outcome_unknown);
}

std::int64_t number_of(Baskets::OwnerKind kind) { return static_cast<std::int64_t>(kind); }

Basket read_basket(SqliteConnection& connection, const Baskets::Owner& owner) {
    auto row =
        connection.query("SELECT lines FROM baskets WHERE kind = ?1 AND owner = ?2", number_of(owner.kind), owner.id);
    return row.step() ? basket_from_text(row.text_view(0)) : Basket{};
}

void remove_basket(SqliteConnection& connection, const Baskets::Owner& owner) {
    connection.run("DELETE FROM baskets WHERE kind = ?1 AND owner = ?2", number_of(owner.kind), owner.id);
}

void write_basket(SqliteConnection& connection, const Baskets::Owner& owner, const Basket& basket, WallTime now) {
    if (basket.lines.empty()) return remove_basket(connection, owner);
    const std::string lines = basket_to_text(basket);
    connection.run(
        "INSERT INTO baskets (kind, owner, lines, touched_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (kind, owner) DO UPDATE SET lines = excluded.lines, touched_ms = excluded.touched_ms",
        number_of(owner.kind), owner.id, lines, to_unix_ms(now));
}

}  // namespace

Baskets::Answer<Basket> SqliteBaskets::find(Owner owner) {
    auto work = [owner](SqliteConnection& connection) { return read_basket(connection, owner); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Baskets::Answer<Result<Basket, domain::BasketRefusal>> SqliteBaskets::change(Owner owner,
                                                                             std::vector<domain::BasketChange> changes,
                                                                             WallTime now) {
    auto work = [&changes, owner, now](SqliteConnection& connection) {
        auto changed = domain::change_basket(read_basket(connection, owner), changes);
        if (changed) write_basket(connection, owner, *changed, now);
        return changed;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Baskets::Answer<Basket> SqliteBaskets::merge(Owner from, Owner into, WallTime now) {
    auto work = [from, into, now](SqliteConnection& connection) {
        Basket merged = domain::merge_baskets(read_basket(connection, into), read_basket(connection, from));
        write_basket(connection, into, merged, now);
        remove_basket(connection, from);
        return merged;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Baskets::Answer<Basket> SqliteBaskets::take_ordered(Owner owner, std::vector<domain::OrderLine> ordered, WallTime now) {
    auto work = [&ordered, owner, now](SqliteConnection& connection) {
        Basket left = domain::take_ordered(read_basket(connection, owner), ordered);
        write_basket(connection, owner, left, now);
        return left;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Baskets::Answer<std::size_t> SqliteBaskets::forget(OwnerKind kind, WallTime before, std::size_t baskets_max) {
    auto work = [kind, before, baskets_max](SqliteConnection& connection) {
        connection.run(
            "DELETE FROM baskets WHERE kind = ?1 AND owner IN (SELECT owner FROM baskets"
            " WHERE kind = ?1 AND touched_ms < ?2 ORDER BY touched_ms LIMIT ?3)",
            number_of(kind), to_unix_ms(before), static_cast<std::int64_t>(baskets_max));
        return static_cast<std::size_t>(connection.changes());
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

}  // namespace marketday::adapters
