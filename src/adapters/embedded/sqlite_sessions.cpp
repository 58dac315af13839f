#include "adapters/embedded/sqlite_sessions.hpp"

namespace marketday::adapters {
namespace {

using ports::Sessions;

template <class T>
Result<T, Sessions::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(Sessions::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(Sessions::Error::outcome_unknown);
    }
    return fail(Sessions::Error::outcome_unknown);
}

/// False when the customer is gone or the password another.
bool add_one(SqliteConnection& c, const Sessions::NewSession& session) {
    c.run(
        "INSERT INTO sessions (key, customer, created_at, expires_at)"
        " SELECT ?1, id, ?3, ?4 FROM customers WHERE id = ?2 AND password_version = ?5",
        session.key, session.customer, to_unix_ms(session.created_at), to_unix_ms(session.expires_at),
        session.password_version);
    if (c.changes() == 0) return false;
    c.run(
        "DELETE FROM sessions WHERE key IN"
        " (SELECT key FROM sessions WHERE customer = ?1 ORDER BY created_at DESC LIMIT -1 OFFSET ?2)",
        session.customer, static_cast<std::int64_t>(Sessions::kPerCustomerMax));
    return true;
}

std::optional<CustomerId> end_one(SqliteConnection& c, const Sessions::Key& key) {
    auto q = c.query("DELETE FROM sessions WHERE key = ?1 RETURNING customer", key);
    if (!q.step()) return std::nullopt;
    const CustomerId customer{q.uuid(0)};
    q.run();
    return customer;
}

std::optional<Sessions::Found> find_one(SqliteConnection& c, const Sessions::Key& key, WallTime now) {
    auto q = c.query(
        "SELECT s.customer, u.verified_at, s.created_at, s.expires_at FROM sessions s"
        " JOIN customers u ON u.id = s.customer WHERE s.key = ?1 AND s.expires_at > ?2",
        key, to_unix_ms(now));
    if (!q.step()) return std::nullopt;
    return Sessions::Found{.customer = CustomerId{q.uuid(0)},
                           .verified = !q.is_null(1),
                           .created_at = from_unix_ms(q.integer(2)),
                           .expires_at = from_unix_ms(q.integer(3))};
}

}  // namespace

Sessions::Answer<std::size_t> SqliteSessions::add(std::vector<NewSession> sessions) {
    MD_ASSERT(!sessions.empty() && sessions.size() <= kBatchMax);
    auto work = [&sessions](SqliteConnection& c) {
        std::size_t added = 0;
        for (const auto& session : sessions) added += add_one(c, session) ? 1 : 0;
        return added;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Sessions::Answer<std::optional<Sessions::Found>> SqliteSessions::find(Key key, WallTime now) {
    auto work = [&key, now](SqliteConnection& c) { return find_one(c, key, now); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

Sessions::Answer<std::monostate> SqliteSessions::extend(std::vector<Extension> extensions) {
    MD_ASSERT(!extensions.empty() && extensions.size() <= kBatchMax);
    auto work = [&extensions](SqliteConnection& c) {
        for (const auto& extension : extensions) {
            c.run("UPDATE sessions SET expires_at = ?2 WHERE key = ?1 AND expires_at < ?2", extension.key,
                  to_unix_ms(extension.expires_at));
        }
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Sessions::Answer<std::optional<CustomerId>> SqliteSessions::end(Key key) {
    auto work = [&key](SqliteConnection& c) { return end_one(c, key); };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

Sessions::Answer<std::size_t> SqliteSessions::end_all(CustomerId customer) {
    auto work = [customer](SqliteConnection& c) {
        c.run("DELETE FROM sessions WHERE customer = ?1", customer);
        return static_cast<std::size_t>(c.changes());
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

/// A file is one process's: whoever ends a session there says so itself.
Sessions::Answer<Sessions::Changes> SqliteSessions::changed_since(std::optional<std::int64_t>) { co_return Changes{}; }

Sessions::Answer<std::size_t> SqliteSessions::purge(WallTime now, std::size_t sessions_max) {
    auto work = [now, sessions_max](SqliteConnection& c) {
        c.run(
            "DELETE FROM sessions WHERE key IN"
            " (SELECT key FROM sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
        return static_cast<std::size_t>(c.changes());
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, work);
    co_return to_port(std::move(written));
}

}  // namespace marketday::adapters
