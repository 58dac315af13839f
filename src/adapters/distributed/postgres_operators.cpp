#include "adapters/distributed/postgres_operators.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using ports::Operator;
using ports::Operators;
using ports::Role;
using Error = Operators::Error;
using Priority = PostgresDatabase::Priority;

#define MARKETDAY_PG_OPERATORS                                                                   \
    "SELECT o.name, o.role, o.password_hash, o.created_at, o.disabled, coalesce(t.confirmed, 0)" \
    " FROM operators o LEFT JOIN operator_totp t ON t.name = o.name WHERE "

Operator read_operator(const PostgresRows& row) {
    return Operator{.name = row.text(0),
                    .role = static_cast<Role>(row.integer(1)),
                    .password_hash = row.text(2),
                    .created_at = from_unix_ms(row.integer(3)),
                    .disabled = row.integer(4) != 0,
                    .has_totp = row.integer(5) != 0};
}

/// Rules about all operators together (how many, the last owner) need that nobody else changes them meanwhile. Rare, so
/// one lock for all.
Task<void> lock_all(PostgresSession& session) { co_await session.query("SELECT pg_advisory_xact_lock(7203, 2)"); }

Task<Operators::Added> add_one(PostgresSession& session, const Operator& who, const bool& only_if_first) {
    co_await lock_all(session);
    // A table of at most kOperatorsMax rows: counting it is cheap.
    auto rows = co_await session.query("SELECT count(*) FROM operators WHERE name > ''");
    rows.step();
    const std::int64_t operators = rows.integer(0);
    if (only_if_first && operators > 0) co_return Operators::Added::not_first;
    if (operators >= static_cast<std::int64_t>(Operators::kOperatorsMax)) co_return Operators::Added::too_many;
    const auto added = co_await session.run(
        "INSERT INTO operators (name, role, password_hash, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        who.name, static_cast<std::int64_t>(who.role), who.password_hash, to_unix_ms(who.created_at));
    co_return added == 1 ? Operators::Added::added : Operators::Added::name_taken;
}

Task<bool> set_password_of(PostgresSession& session, const std::string& name, const std::string& old_hash,
                           const std::string& new_hash) {
    const auto changed = co_await session.run(
        "UPDATE operators SET password_hash = $3 WHERE name = $1 AND password_hash = $2", name, old_hash, new_hash);
    if (changed == 0) co_return false;
    co_await session.run("DELETE FROM operator_sessions WHERE name = $1", name);
    co_return true;
}

Task<Operators::Changed> change_one(PostgresSession& session, const std::string& name,
                                    const Operators::Change& change) {
    co_await lock_all(session);
    auto row = co_await session.query("SELECT role, disabled FROM operators WHERE name = $1 FOR UPDATE", name);
    if (!row.step()) co_return Operators::Changed::not_found;
    Role role = static_cast<Role>(row.integer(0));
    bool disabled = row.integer(1) != 0;
    const bool was_owner = role == Role::owner && !disabled;
    role = change.role.value_or(role);
    disabled = change.disabled.value_or(disabled);
    const bool is_owner = role == Role::owner && !disabled;
    if (was_owner && !is_owner) {
        auto other =
            co_await session.query("SELECT 1 FROM operators WHERE role = $2 AND disabled = 0 AND name <> $1 LIMIT 1",
                                   name, static_cast<std::int64_t>(Role::owner));
        if (!other.step()) co_return Operators::Changed::last_owner;
    }
    co_await session.run("UPDATE operators SET role = $2, disabled = $3 WHERE name = $1", name,
                         static_cast<std::int64_t>(role), disabled);
    if (disabled) co_await session.run("DELETE FROM operator_sessions WHERE name = $1", name);
    co_return Operators::Changed::changed;
}

Task<std::optional<Operator>> find_one(PostgresSession& session, const std::string& name) {
    auto row = co_await session.query(MARKETDAY_PG_OPERATORS "o.name = $1", name);
    if (!row.step()) co_return std::nullopt;
    co_return read_operator(row);
}

Task<std::vector<Operator>> list_all(PostgresSession& session) {
    auto rows = co_await session.query(MARKETDAY_PG_OPERATORS "o.name > '' ORDER BY o.name");
    std::vector<Operator> operators;
    while (rows.step()) operators.push_back(read_operator(rows));
    co_return operators;
}

Task<bool> add_session_of(PostgresSession& session, const Hash256& key, const std::string& name,
                          const std::string& password_hash, const WallTime& created_at, const WallTime& expires_at) {
    // The operator's row is locked, so a new password or a ban comes before this or ends what it adds.
    const auto added = co_await session.run(
        "INSERT INTO operator_sessions (key, name, created_at, expires_at)"
        " SELECT $1, o.name, $4, $5 FROM operators o WHERE o.name = $2 AND o.password_hash = $3 AND o.disabled = 0"
        " FOR NO KEY UPDATE OF o",
        key, name, password_hash, to_unix_ms(created_at), to_unix_ms(expires_at));
    co_return added == 1;
}

Task<std::optional<Operators::Session>> find_session_of(PostgresSession& session, const Hash256& key,
                                                        const WallTime& now) {
    auto row = co_await session.query(
        "SELECT o.name, o.role, s.expires_at FROM operator_sessions s JOIN operators o ON o.name = s.name"
        " WHERE s.key = $1 AND s.expires_at > $2",
        key, to_unix_ms(now));
    if (!row.step()) co_return std::nullopt;
    co_return Operators::Session{
        .name = row.text(0), .role = static_cast<Role>(row.integer(1)), .expires_at = from_unix_ms(row.integer(2))};
}

Task<std::vector<Operators::OpenSession>> sessions_open_at(PostgresSession& session, const WallTime& now,
                                                           const std::size_t& sessions_max) {
    auto rows = co_await session.query(
        "SELECT s.key, o.name, o.role, s.expires_at FROM operator_sessions s JOIN operators o ON o.name = s.name"
        " WHERE s.expires_at > $1 ORDER BY s.expires_at DESC LIMIT $2",
        to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
    std::vector<Operators::OpenSession> sessions;
    while (rows.step()) {
        Operators::OpenSession& open = sessions.emplace_back();
        open.key = rows.hash(0);
        open.session = {.name = rows.text(1),
                        .role = static_cast<Role>(rows.integer(2)),
                        .expires_at = from_unix_ms(rows.integer(3))};
    }
    co_return sessions;
}

}  // namespace

Operators::Answer<Operators::Added> PostgresOperators::add(Operator who, bool only_if_first) {
    auto written = co_await database_.write(Priority::operators, &add_one, who, only_if_first);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<std::optional<Operator>> PostgresOperators::find(std::string name) {
    auto found = co_await database_.single(Priority::operators, &find_one, name);
    co_return to_port<Error>(std::move(found));
}

Operators::Answer<std::vector<Operator>> PostgresOperators::list() {
    auto found = co_await database_.single(Priority::operators, &list_all);
    co_return to_port<Error>(std::move(found));
}

Operators::Answer<bool> PostgresOperators::set_password(std::string name, std::string old_hash, std::string new_hash) {
    auto written = co_await database_.write(Priority::operators, &set_password_of, name, old_hash, new_hash);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<Operators::Changed> PostgresOperators::change(std::string name, Change change) {
    auto written = co_await database_.write(Priority::operators, &change_one, name, change);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<bool> PostgresOperators::add_session(Hash256 key, std::string name, std::string password_hash,
                                                       WallTime created_at, WallTime expires_at) {
    auto written = co_await database_.write(Priority::operators, &add_session_of, key, name, password_hash, created_at,
                                            expires_at);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<std::optional<Operators::Session>> PostgresOperators::find_session(Hash256 key, WallTime now) {
    auto found = co_await database_.single(Priority::operators, &find_session_of, key, now);
    co_return to_port<Error>(std::move(found));
}

Operators::Answer<std::vector<Operators::OpenSession>> PostgresOperators::open_sessions(WallTime now,
                                                                                        std::size_t sessions_max) {
    auto found = co_await database_.single(Priority::operators, &sessions_open_at, now, sessions_max);
    co_return to_port<Error>(std::move(found));
}

Operators::Answer<std::monostate> PostgresOperators::end_session(Hash256 key) {
    auto written = co_await database_.write(
        Priority::operators,
        [](PostgresSession& session, const Hash256& of) -> Task<std::monostate> {
            co_await session.run("DELETE FROM operator_sessions WHERE key = $1", of);
            co_return std::monostate{};
        },
        key);
    co_return to_port<Error>(std::move(written));
}

Operators::Answer<std::size_t> PostgresOperators::purge_sessions(WallTime now, std::size_t sessions_max) {
    auto written = co_await database_.write(
        Priority::operators,
        [](PostgresSession& session, const std::int64_t& now_ms, const std::int64_t& most) -> Task<std::size_t> {
            const auto purged = co_await session.run(
                "DELETE FROM operator_sessions WHERE key IN"
                " (SELECT key FROM operator_sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
                now_ms, most);
            co_return static_cast<std::size_t>(purged);
        },
        to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
