#include "adapters/embedded/migrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

struct Migration {
    std::string_view name;
    std::string_view sql;
};
constexpr Migration kMigrations[] = {
#include "migrations_sqlite.inc"
};

std::set<std::string> applied_migrations(SqliteConnection& connection) {
    std::set<std::string> names;
    auto rows = connection.query("SELECT name FROM migrations");
    while (rows.step()) names.insert(rows.text(0));
    return names;
}

}  // namespace

void migrate(SqliteConnection& connection) {
    connection.script(
        "CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY, applied_ms INTEGER NOT NULL) STRICT");
    const auto applied = applied_migrations(connection);
    for (const auto& name : applied) {
        const bool known = std::ranges::any_of(kMigrations, [&](const Migration& m) { return m.name == name; });
        if (!known)
            throw std::runtime_error(fmt::format(
                "the database has migration {}, which this program does not know; use the newer program that made it",
                name));
    }
    for (const auto& migration : kMigrations) {
        if (applied.contains(std::string{migration.name})) continue;
        connection.script("BEGIN IMMEDIATE");
        try {
            connection.script(std::string{migration.sql});
            connection.run("INSERT INTO migrations (name, applied_ms) VALUES (?1, unixepoch() * 1000)", migration.name);
            connection.script("COMMIT");
        } catch (const SqliteError&) {
            connection.script("ROLLBACK");
            throw;
        }
        log::info("schema.migrated", {{"migration", migration.name}});
    }
}

}  // namespace marketday::adapters
