#include "adapters/distributed/postgres_sessions.hpp"

#include <limits>
#include <set>

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

/// Whoever has not asked for longer has not kept any session for longer either, nor has a cache of all processes.
constexpr std::chrono::hours kChangesKept{1};

using ports::Sessions;
using Error = Sessions::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

Task<std::size_t> add_all(PostgresSession& session, const std::vector<Sessions::NewSession>& sessions) {
    PostgresArray keys{Of::bytes}, customers{Of::uuids}, created{Of::integers}, expires{Of::integers},
        versions{Of::integers}, whose{Of::uuids};
    std::set<CustomerId> distinct;
    for (const auto& one : sessions) {
        keys.add(one.key), customers.add(one.customer), created.add(to_unix_ms(one.created_at));
        expires.add(to_unix_ms(one.expires_at)), versions.add(one.password_version);
        distinct.insert(one.customer);
    }
    for (const auto& customer : distinct) whose.add(customer);
    const PostgresValue owners = whose.take();
    std::vector<PostgresStatement> statements;
    // A customer's sessions are added one batch after the other, so that the limit holds; and a change of the password,
    // which locks the same row, comes before all of them or after.
    statements.push_back(PostgresSession::statement(
        "SELECT 1 FROM customers WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE", owners));
    statements.push_back(
        PostgresSession::statement("INSERT INTO sessions (key, customer, created_at, expires_at)"
                                   " SELECT n.key, u.id, n.created, n.expires"
                                   " FROM unnest($1::bytea[], $2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])"
                                   " AS n (key, customer, created, expires, version)"
                                   " JOIN customers u ON u.id = n.customer AND u.password_version = n.version",
                                   keys.take(), customers.take(), created.take(), expires.take(), versions.take()));
    statements.push_back(PostgresSession::statement(
        "DELETE FROM sessions WHERE key IN (SELECT o.key FROM unnest($1::uuid[]) AS w (customer)"
        " CROSS JOIN LATERAL (SELECT s.key FROM sessions s WHERE s.customer = w.customer"
        " ORDER BY s.created_at DESC OFFSET $2) o)",
        owners, static_cast<std::int64_t>(Sessions::kPerCustomerMax)));
    auto answers = co_await session.query_all(std::move(statements));
    co_return static_cast<std::size_t>(answers[1].changes());
}

Task<std::monostate> extend_all(PostgresSession& session, const std::vector<Sessions::Extension>& extensions) {
    PostgresArray keys{Of::bytes}, expires{Of::integers};
    for (const auto& one : extensions) keys.add(one.key), expires.add(to_unix_ms(one.expires_at));
    const PostgresValue of_keys = keys.take();
    const PostgresValue of_expires = expires.take();
    // Rows in the order of their keys, as everybody who locks several.
    co_await session.run(
        "UPDATE sessions s SET expires_at = n.expires FROM (SELECT o.key, max(o.expires) AS expires FROM"
        " unnest($1::bytea[], $2::bigint[]) AS o (key, expires) GROUP BY o.key ORDER BY o.key) n"
        " WHERE s.key = n.key AND s.expires_at < n.expires",
        of_keys, of_expires);
    co_return std::monostate{};
}

Task<std::optional<Sessions::Found>> find_one(PostgresSession& session, const Sessions::Key& key, const WallTime& now) {
    auto row = co_await session.query(
        "SELECT s.customer, u.verified_at, s.created_at, s.expires_at,"
        " pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM sessions s"
        " JOIN customers u ON u.id = s.customer WHERE s.key = $1 AND s.expires_at > $2",
        key, to_unix_ms(now));
    if (!row.step()) co_return std::nullopt;
    co_return Sessions::Found{.customer = CustomerId{row.uuid(0)},
                              .verified = !row.is_null(1),
                              .created_at = from_unix_ms(row.integer(2)),
                              .expires_at = from_unix_ms(row.integer(3)),
                              .first_unseen = row.integer(4)};
}

Task<std::optional<CustomerId>> end_one(PostgresSession& session, const Sessions::Key& key) {
    auto row = co_await session.query("DELETE FROM sessions WHERE key = $1 RETURNING customer", key);
    if (!row.step()) co_return std::nullopt;
    co_return CustomerId{row.uuid(0)};
}

Task<std::size_t> end_of(PostgresSession& session, const CustomerId& customer) {
    const auto ended = co_await session.run("DELETE FROM sessions WHERE customer = $1", customer);
    co_return static_cast<std::size_t>(ended);
}

Task<Sessions::Changes> changes_since(PostgresSession& session, const std::optional<std::int64_t>& position) {
    auto rows = co_await session.query(
        "SELECT p.oldest, c.customer, c.transaction FROM (SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint "
        "AS oldest) p"
        " LEFT JOIN session_changes c ON c.transaction >= $1",
        position.value_or(std::numeric_limits<std::int64_t>::max()));
    Sessions::Changes changes;
    while (rows.step()) {
        changes.position = rows.integer(0);
        if (!rows.is_null(1)) changes.changes.push_back({CustomerId{rows.uuid(1)}, rows.integer(2)});
    }
    co_return changes;
}

Task<std::size_t> purge_old(PostgresSession& session, const WallTime& now, const std::size_t& sessions_max) {
    co_await session.run("DELETE FROM session_changes WHERE at_ms < $1", to_unix_ms(now - kChangesKept));
    const auto purged = co_await session.run(
        "DELETE FROM sessions WHERE key IN (SELECT key FROM sessions WHERE expires_at <= $1"
        " ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
    co_return static_cast<std::size_t>(purged);
}

}  // namespace

Sessions::Answer<std::size_t> PostgresSessions::add(std::vector<NewSession> sessions) {
    MD_ASSERT(!sessions.empty() && sessions.size() <= kBatchMax);
    auto written = co_await database_.write(Priority::shoppers, &add_all, sessions);
    co_return to_port<Error>(std::move(written));
}

Sessions::Answer<std::optional<Sessions::Found>> PostgresSessions::find(Key key, WallTime now) {
    auto found = co_await database_.read(&find_one, key, now);
    co_return to_port<Error>(std::move(found));
}

Sessions::Answer<std::monostate> PostgresSessions::extend(std::vector<Extension> extensions) {
    MD_ASSERT(!extensions.empty() && extensions.size() <= kBatchMax);
    auto written = co_await database_.write(Priority::shoppers, &extend_all, extensions);
    co_return to_port<Error>(std::move(written));
}

Sessions::Answer<std::optional<CustomerId>> PostgresSessions::end(Key key) {
    auto written = co_await database_.write(Priority::shoppers, &end_one, key);
    co_return to_port<Error>(std::move(written));
}

Sessions::Answer<std::size_t> PostgresSessions::end_all(CustomerId customer) {
    auto written = co_await database_.write(Priority::shoppers, &end_of, customer);
    co_return to_port<Error>(std::move(written));
}

Sessions::Answer<Sessions::Changes> PostgresSessions::changed_since(std::optional<std::int64_t> position) {
    auto found = co_await database_.read(&changes_since, position);
    co_return to_port<Error>(std::move(found));
}

Sessions::Answer<std::size_t> PostgresSessions::purge(WallTime now, std::size_t sessions_max) {
    auto written = co_await database_.write(Priority::shoppers, &purge_old, now, sessions_max);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
