#include "adapters/embedded/sqlite_operators.hpp"

#include <algorithm>

#include "adapters/embedded/sqlite_operators_answers.hpp"

namespace marketday::adapters {
namespace {

using ports::Operator;
using ports::Operators;
using ports::Role;

Operator read_operator(const SqliteQuery& row) {
    return Operator{.name = row.text(0),
                    .role = static_cast<Role>(row.integer(1)),
                    .password_hash = row.text(2),
                    .created_at = from_unix_ms(row.integer(3)),
                    .disabled = row.integer(4) != 0,
                    .has_totp = row.integer(5) != 0};
}

Operators::Added add_in(SqliteConnection& c, const Operator& who, bool only_if_first) {
    std::int64_t operators = 0;
    {
        // A table of at most kOperatorsMax rows: counting it is cheap.
        auto q = c.query("SELECT count(*) FROM operators WHERE name > ''");
        if (q.step()) operators = q.integer(0);
    }
    if (only_if_first && operators > 0) return Operators::Added::not_first;
    if (operators >= static_cast<std::int64_t>(Operators::kOperatorsMax)) return Operators::Added::too_many;
    c.run(
        "INSERT INTO operators (name, role, password_hash, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
        who.name, static_cast<std::int64_t>(who.role), who.password_hash, to_unix_ms(who.created_at));
    return c.changes() == 1 ? Operators::Added::added : Operators::Added::name_taken;
}

bool set_password_in(SqliteConnection& c, const std::string& name, const std::string& old_hash,
                     const std::string& new_hash) {
    c.run("UPDATE operators SET password_hash = ?3 WHERE name = ?1 AND password_hash = ?2", name, old_hash, new_hash);
    if (c.changes() == 0) return false;
    c.run("DELETE FROM operator_sessions WHERE name = ?1", name);
    return true;
}

bool another_owner_stays(SqliteConnection& c, const std::string& name) {
    auto q = c.query("SELECT 1 FROM operators WHERE role = ?2 AND disabled = 0 AND name <> ?1 LIMIT 1", name,
                     static_cast<std::int64_t>(Role::owner));
    return q.step();
}

Operators::Changed change_in(SqliteConnection& c, const std::string& name, const Operators::Change& change) {
    Role role{};
    bool disabled = false;
    {
        auto q = c.query("SELECT role, disabled FROM operators WHERE name = ?1", name);
        if (!q.step()) return Operators::Changed::not_found;
        role = static_cast<Role>(q.integer(0));
        disabled = q.integer(1) != 0;
    }
    const bool was_owner = role == Role::owner && !disabled;
    role = change.role.value_or(role);
    disabled = change.disabled.value_or(disabled);
    const bool is_owner = role == Role::owner && !disabled;
    if (was_owner && !is_owner && !another_owner_stays(c, name)) return Operators::Changed::last_owner;
    c.run("UPDATE operators SET role = ?2, disabled = ?3 WHERE name = ?1", name, static_cast<std::int64_t>(role),
          disabled);
    if (disabled) c.run("DELETE FROM operator_sessions WHERE name = ?1", name);
    return Operators::Changed::changed;
}

std::optional<Operators::Session> find_session_in(SqliteConnection& c, const Hash256& key, WallTime now) {
    auto q = c.query(
        "SELECT o.name, o.role, s.expires_at FROM operator_sessions s JOIN operators o ON o.name = s.name"
        " WHERE s.key = ?1 AND s.expires_at > ?2",
        key, to_unix_ms(now));
    if (!q.step()) return std::nullopt;
    return Operators::Session{
        .name = q.text(0), .role = static_cast<Role>(q.integer(1)), .expires_at = from_unix_ms(q.integer(2))};
}

std::vector<Operators::OpenSession> open_sessions_in(SqliteConnection& c, WallTime now, std::size_t sessions_max) {
    std::vector<Operators::OpenSession> sessions;
    auto q = c.query(
        "SELECT s.key, o.name, o.role, s.expires_at FROM operator_sessions s JOIN operators o ON o.name = s.name"
        " WHERE s.expires_at > ?1 ORDER BY s.expires_at DESC LIMIT ?2",
        to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
    while (q.step()) {
        Operators::OpenSession& open = sessions.emplace_back();
        const auto key = q.blob(0);
        MD_ASSERT(key.size() == open.key.size());
        std::ranges::copy(key, open.key.begin());
        open.session = {
            .name = q.text(1), .role = static_cast<Role>(q.integer(2)), .expires_at = from_unix_ms(q.integer(3))};
    }
    return sessions;
}

}  // namespace

Operators::Answer<Operators::Added> SqliteOperators::add(Operator who, bool only_if_first) {
    auto work = [&who, only_if_first](SqliteConnection& c) { return add_in(c, who, only_if_first); };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<std::optional<Operator>> SqliteOperators::find(std::string name) {
    auto work = [&name](SqliteConnection& c) -> std::optional<Operator> {
        auto q = c.query(
            "SELECT o.name, o.role, o.password_hash, o.created_at, o.disabled, coalesce(t.confirmed, 0)"
            " FROM operators o LEFT JOIN operator_totp t ON t.name = o.name WHERE o.name = ?1",
            name);
        if (!q.step()) return std::nullopt;
        return read_operator(q);
    };
    auto found = co_await database_.read(work);
    co_return to_operators_answer(std::move(found));
}

Operators::Answer<std::vector<Operator>> SqliteOperators::list() {
    auto work = [](SqliteConnection& c) {
        std::vector<Operator> operators;
        auto q = c.query(
            "SELECT o.name, o.role, o.password_hash, o.created_at, o.disabled, coalesce(t.confirmed, 0)"
            " FROM operators o LEFT JOIN operator_totp t ON t.name = o.name WHERE o.name > '' ORDER BY o.name");
        while (q.step()) operators.push_back(read_operator(q));
        return operators;
    };
    auto found = co_await database_.read(work);
    co_return to_operators_answer(std::move(found));
}

Operators::Answer<bool> SqliteOperators::set_password(std::string name, std::string old_hash, std::string new_hash) {
    auto work = [&](SqliteConnection& c) { return set_password_in(c, name, old_hash, new_hash); };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<Operators::Changed> SqliteOperators::change(std::string name, Change change) {
    auto work = [&](SqliteConnection& c) { return change_in(c, name, change); };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<bool> SqliteOperators::add_session(Hash256 key, std::string name, std::string password_hash,
                                                     WallTime created_at, WallTime expires_at) {
    auto work = [&](SqliteConnection& c) {
        c.run(
            "INSERT INTO operator_sessions (key, name, created_at, expires_at)"
            " SELECT ?1, name, ?4, ?5 FROM operators WHERE name = ?2 AND password_hash = ?3 AND disabled = 0",
            key, name, password_hash, to_unix_ms(created_at), to_unix_ms(expires_at));
        return c.changes() == 1;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<std::optional<Operators::Session>> SqliteOperators::find_session(Hash256 key, WallTime now) {
    auto work = [&key, now](SqliteConnection& c) { return find_session_in(c, key, now); };
    auto found = co_await database_.read(work);
    co_return to_operators_answer(std::move(found));
}

Operators::Answer<std::vector<Operators::OpenSession>> SqliteOperators::open_sessions(WallTime now,
                                                                                      std::size_t sessions_max) {
    auto work = [now, sessions_max](SqliteConnection& c) { return open_sessions_in(c, now, sessions_max); };
    auto found = co_await database_.read(work);
    co_return to_operators_answer(std::move(found));
}

Operators::Answer<std::monostate> SqliteOperators::end_session(Hash256 key) {
    auto work = [&key](SqliteConnection& c) {
        c.run("DELETE FROM operator_sessions WHERE key = ?1", key);
        return std::monostate{};
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

Operators::Answer<std::size_t> SqliteOperators::purge_sessions(WallTime now, std::size_t sessions_max) {
    auto work = [now, sessions_max](SqliteConnection& c) {
        c.run(
            "DELETE FROM operator_sessions WHERE key IN"
            " (SELECT key FROM operator_sessions WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)",
            to_unix_ms(now), static_cast<std::int64_t>(sessions_max));
        return static_cast<std::size_t>(c.changes());
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_operators_answer(std::move(written));
}

}  // namespace marketday::adapters
