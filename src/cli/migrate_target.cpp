#include "cli/migrate_target.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <stdexcept>

#include "base/one_line.hpp"
#include "cli/config.hpp"

namespace marketday::cli {
namespace {

constexpr std::string_view kAside = "marketday_migration";
constexpr std::size_t kBytesAtOnce = 256 * 1024;

std::string first_line(const char* message) {
    const std::string_view text = message == nullptr ? "" : message;
    return one_line(text.substr(0, text.find('\n')));
}

}  // namespace

MigrationTarget::MigrationTarget(std::string url) : url_(std::move(url)) {
    if (url_.find("options=") != std::string::npos)
        throw std::runtime_error("--to must not have options= in its URL: the migration needs them itself");
    connection_ = PQconnectdb(url_.c_str());
    if (PQstatus(connection_) != CONNECTION_OK)
        throw std::runtime_error(
            fmt::format("cannot connect to {}: {}", without_password(url_), first_line(PQerrorMessage(connection_))));
    run("SET client_min_messages = warning");
    if (rows("SELECT pg_try_advisory_lock(7203, 9)")[0][0] != "t")
        throw std::runtime_error("another migration to this database is under way");
    const auto found = rows(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p') LIMIT 1");
    if (!found.empty())
        throw std::runtime_error(fmt::format(
            "{} is not empty (it has a table \"{}\"); give a database without tables, made by CREATE DATABASE",
            without_password(url_), one_line(found[0][0])));
}

MigrationTarget::~MigrationTarget() { PQfinish(connection_); }

void MigrationTarget::refuse(const std::string& doing) {
    throw std::runtime_error(fmt::format("the database refused to {}: {}; nothing was migrated", doing,
                                         first_line(PQerrorMessage(connection_))));
}

std::string MigrationTarget::aside_url() const {
    return fmt::format("{}{}options=-csearch_path%3D{}", url_, url_.find('?') == std::string::npos ? '?' : '&', kAside);
}

void MigrationTarget::run(const std::string& sql) { rows(sql); }

std::vector<std::vector<std::string>> MigrationTarget::rows(const std::string& sql) {
    PGresult* const result = PQexec(connection_, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    std::vector<std::vector<std::string>> found;
    if (status == PGRES_TUPLES_OK) {
        for (int row = 0; row < PQntuples(result); ++row) {
            auto& cells = found.emplace_back();
            for (int column = 0; column < PQnfields(result); ++column)
                cells.emplace_back(PQgetvalue(result, row, column));
        }
    }
    PQclear(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) refuse(fmt::format("run \"{}\"", sql.substr(0, 60)));
    return found;
}

bool MigrationTarget::begin_aside() {
    const bool left = !rows(fmt::format("SELECT 1 FROM pg_namespace WHERE nspname = '{}'", kAside)).empty();
    run(fmt::format("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}", kAside));
    return left;
}

void MigrationTarget::begin() { run(fmt::format("BEGIN; SET LOCAL search_path = {}", kAside)); }
void MigrationTarget::commit() { run("COMMIT"); }

std::vector<MigratedColumn> MigrationTarget::columns(const std::string& table) {
    std::vector<MigratedColumn> found;
    for (const auto& row :
         rows(fmt::format("SELECT column_name, data_type, column_default IS NULL AND is_nullable = 'NO' AND "
                          "is_identity = 'NO' FROM information_schema.columns WHERE table_schema = '{}' AND "
                          "table_name = '{}' ORDER BY ordinal_position",
                          kAside, table)))
        found.push_back({row[0], row[1], row[2] == "t"});
    return found;
}

std::int64_t MigrationTarget::copy(MigrationSource& source, const std::string& table,
                                   const std::function<void(std::int64_t)>& done) {
    const auto there = source.columns(table);
    std::vector<MigratedColumn> here;
    for (auto& column : columns(table)) {
        const bool both = std::ranges::find(there, column.name) != there.end();
        if (!both && column.needed)
            throw std::runtime_error(fmt::format("{} has no {} in the directory's file", table, column.name));
        if (both) here.push_back(std::move(column));
    }
    if (here.size() != there.size())
        throw std::runtime_error(fmt::format("the table {} is not known to PostgreSQL in this form", table));
    std::string names;
    for (const auto& column : here) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
    PGresult* const result = PQexec(connection_, fmt::format("COPY \"{}\" ({}) FROM STDIN", table, names).c_str());
    const bool begun = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    if (!begun) refuse("take " + table);
    MigrationSource::Lines lines{source, table, std::move(here)};
    std::int64_t count = 0;
    std::string text;
    const auto send = [&] {
        if (PQputCopyData(connection_, text.data(), static_cast<int>(text.size())) != 1) refuse("take " + table);
        text.clear();
        done(count);
    };
    while (lines.next(text)) {
        ++count;
        if (text.size() > kBytesAtOnce) send();
    }
    send();
    if (PQputCopyEnd(connection_, nullptr) != 1) refuse("take " + table);
    PGresult* const end = PQgetResult(connection_);
    const bool taken =
        PQresultStatus(end) == PGRES_COMMAND_OK && std::string_view{PQcmdTuples(end)} == std::to_string(count);
    PQclear(end);
    if (!taken) refuse("take " + table);
    while (PGresult* const rest = PQgetResult(connection_)) PQclear(rest);
    return count;
}

void MigrationTarget::continue_numbers(MigrationSource& source) {
    for (const auto& row :
         rows(fmt::format("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
                          "'{}' AND is_identity = 'YES'",
                          kAside))) {
        run(fmt::format(
            "SELECT setval(pg_get_serial_sequence('{0}', '{1}'), greatest(top, {2}, 1), greatest(top, {2}) > 0) FROM "
            "(SELECT coalesce(max({1}), 0) AS top FROM {0}) AS t",
            row[0], row[1], source.highest(row[0])));
    }
    run(fmt::format(
        "UPDATE outbox_head SET position = greatest({}, (SELECT coalesce(max(position), 0) FROM outbox)) WHERE one = 1",
        source.highest("outbox")));
}

void MigrationTarget::move_into_place() {
    const auto schema = rows("SELECT quote_ident(current_schema())")[0][0];
    std::string all = "BEGIN";
    for (const auto& row :
         rows(fmt::format("SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                          "WHERE n.nspname = '{}' AND c.relkind IN ('r', 'p', 'v') ORDER BY c.relkind, c.relname",
                          kAside)))
        all += fmt::format("; ALTER TABLE {} SET SCHEMA {}", row[0], schema);
    for (const auto& row :
         rows(fmt::format("SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
                          "WHERE n.nspname = '{}'",
                          kAside)))
        all += fmt::format("; ALTER FUNCTION {} SET SCHEMA {}", row[0], schema);
    // Whatever is left in it makes this fail, and with it all of it.
    run(all + fmt::format("; DROP SCHEMA {}; COMMIT", kAside));
    run("ANALYZE");
}

}  // namespace marketday::cli
