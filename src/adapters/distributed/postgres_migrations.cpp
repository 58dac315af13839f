#include "adapters/distributed/postgres_migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

struct Migration {
    std::string_view name;
    std::string_view sql;
};
constexpr Migration kMigrations[] = {
#include "migrations_postgres.inc"
};

PostgresStatement statement(const char* sql) { return {sql, {}}; }

Task<std::vector<PostgresRows>> run_one(PostgresConnection& connection, PostgresStatement one, Instant deadline) {
    std::vector<PostgresStatement> statements;
    statements.push_back(std::move(one));
    auto rows = co_await connection.run(std::move(statements), deadline);
    co_return rows;
}

Task<void> apply_missing(PostgresConnection& connection, Instant deadline) {
    auto rows = co_await run_one(connection, statement("SELECT name FROM migrations"), deadline);
    std::set<std::string, std::less<>> applied;
    while (rows.front().step()) applied.insert(rows.front().text(0));
    for (const auto& name : applied) {
        const bool known = std::ranges::any_of(kMigrations, [&](const Migration& m) { return m.name == name; });
        if (!known)
            throw std::runtime_error(fmt::format(
                "the database has migration {}, which this program does not know; use the newer program that made it",
                name));
    }
    for (const auto& migration : kMigrations) {
        if (applied.contains(migration.name)) continue;
        const std::string script = fmt::format(
            "BEGIN;\n{}\nINSERT INTO migrations (name, applied_ms) VALUES ('{}', (extract(epoch FROM now()) * "
            "1000)::bigint);\nCOMMIT",
            migration.sql, migration.name);
        co_await connection.script(script, deadline);
        log::info("schema.migrated", {{"migration", migration.name}});
    }
}

}  // namespace

Task<void> migrate(PostgresConnection& connection, Instant deadline) {
    // Held by the session: its end, however it comes, gives it back.
    co_await run_one(connection, statement("SELECT pg_advisory_lock(7203, 0)"), deadline);
    co_await connection.script(
        "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY, applied_ms bigint NOT NULL)", deadline);
    co_await apply_missing(connection, deadline);
    co_await run_one(connection, statement("SELECT pg_advisory_unlock(7203, 0)"), deadline);
}

}  // namespace marketday::adapters
