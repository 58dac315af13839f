#include "cli/migrate_source.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <string_view>

#include "base/text.hpp"

namespace marketday::cli {
namespace {

// The tree of what is known of customers and, above it, the news that has not been carried over: a later row wins.
constexpr const char* kCustomers = R"sql(
    CREATE TEMP TABLE idempotency_keys (
        customer_id BLOB, key TEXT, at_ms INTEGER, request_hash BLOB, order_id BLOB, refusal TEXT,
        PRIMARY KEY (customer_id, key)) WITHOUT ROWID;
    INSERT INTO idempotency_keys
        SELECT customer_id, CAST(key AS TEXT), at_ms, request_hash, order_id, refusal FROM customer_records WHERE kind = 2;
    INSERT OR REPLACE INTO idempotency_keys
        SELECT customer_id, CAST(key AS TEXT), at_ms, request_hash, order_id, refusal FROM customer_journal
        WHERE key IS NOT NULL ORDER BY position;
    CREATE TEMP TABLE limit_facts (
        customer_id BLOB, key BLOB, units INTEGER, at_ms INTEGER, PRIMARY KEY (customer_id, key)) WITHOUT ROWID;
    INSERT INTO limit_facts SELECT customer_id, key, units, at_ms FROM customer_records WHERE kind = 1;
    INSERT OR REPLACE INTO limit_facts
        SELECT customer_id, limit_key, units, at_ms FROM customer_journal WHERE limit_key IS NOT NULL ORDER BY position;
    CREATE TEMP VIEW customer_limits AS
        SELECT customer_id, substr(key, 1, 8) AS sale_no, substr(key, 9, 8) AS sku_no, units, at_ms FROM limit_facts;
)sql";

constexpr std::array<std::string_view, 5> kFirst{"offers", "customers", "operators", "sales", "lines"};
// The file's own, and what stands in the two tables above.
constexpr std::array<std::string_view, 3> kNotCopied{"migrations", "customer_records", "customer_journal"};

}  // namespace

MigrationSource::MigrationSource(const std::filesystem::path& file) : name_(file.string()) {
    if (sqlite3_open_v2(name_.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
        refuse();
    sqlite3_busy_timeout(handle_, 5000);
    run("PRAGMA temp_store = FILE");
    run("BEGIN");
    run(kCustomers);
}

MigrationSource::~MigrationSource() { sqlite3_close(handle_); }

void MigrationSource::refuse() {
    const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
    throw std::runtime_error(fmt::format("cannot read {}: {}", name_, why));
}

void MigrationSource::run(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) refuse();
}

sqlite3_stmt* MigrationSource::prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) refuse();
    return statement;
}

std::vector<std::string> MigrationSource::texts(const std::string& sql) {
    std::vector<std::string> found;
    sqlite3_stmt* const statement = prepare(sql);
    while (sqlite3_step(statement) == SQLITE_ROW)
        found.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)));
    if (sqlite3_finalize(statement) != SQLITE_OK) refuse();
    return found;
}

std::int64_t MigrationSource::number(const std::string& sql) {
    sqlite3_stmt* const statement = prepare(sql);
    const std::int64_t value = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    if (sqlite3_finalize(statement) != SQLITE_OK) refuse();
    return value;
}

std::vector<std::string> MigrationSource::tables() {
    std::vector<std::string> found(kFirst.begin(), kFirst.end());
    for (std::string& table : texts("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                    "'sqlite\\_%' ESCAPE '\\' ORDER BY name")) {
        const bool taken = std::ranges::find(kFirst, table) != kFirst.end() ||
                           std::ranges::find(kNotCopied, table) != kNotCopied.end();
        if (!taken) found.push_back(std::move(table));
    }
    found.emplace_back("idempotency_keys");
    found.emplace_back("customer_limits");
    return found;
}

std::vector<std::string> MigrationSource::columns(const std::string& table) {
    return texts(fmt::format("SELECT name FROM pragma_table_info('{}')", table));
}

std::int64_t MigrationSource::count(const std::string& table) {
    return number(fmt::format("SELECT count(*) FROM \"{}\"", table));
}

std::int64_t MigrationSource::highest(const std::string& table) {
    return number(fmt::format("SELECT seq FROM sqlite_sequence WHERE name = '{}'", table));
}

std::int64_t MigrationSource::first_order_ms() {
    // Its id begins with its time.
    return number("SELECT placed_ms FROM orders ORDER BY order_id LIMIT 1");
}

MigrationSource::Lines::Lines(MigrationSource& source, const std::string& table, std::vector<MigratedColumn> columns)
    : source_(source), table_(table), columns_(std::move(columns)) {
    std::string names;
    for (const auto& column : columns_) names += fmt::format("{}\"{}\"", names.empty() ? "" : ", ", column.name);
    statement_ = source_.prepare(fmt::format("SELECT {} FROM \"{}\"", names, table_));
}

MigrationSource::Lines::~Lines() { sqlite3_finalize(statement_); }

bool MigrationSource::Lines::next(std::string& text) {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_DONE) return false;
    if (code != SQLITE_ROW) source_.refuse();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) text += '\t';
        append(text, static_cast<int>(i));
    }
    text += '\n';
    return true;
}

void MigrationSource::Lines::append(std::string& text, int column) {
    const int kind = sqlite3_column_type(statement_, column);
    if (kind == SQLITE_NULL) {
        text += "\\N";
        return;
    }
    if (kind == SQLITE_INTEGER) {
        text += std::to_string(sqlite3_column_int64(statement_, column));
        return;
    }
    const MigratedColumn& to = columns_[static_cast<std::size_t>(column)];
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    const std::span<const std::uint8_t> value{bytes,
                                              static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    const auto wrong = [&](std::string_view why) {
        throw std::runtime_error(
            fmt::format("{}: a row of {} has in {} {}; nothing was migrated", source_.name_, table_, to.name, why));
    };
    if (kind == SQLITE_BLOB && to.type == "bigint") {
        // A number as eight bytes, the highest first.
        if (value.size() != 8) wrong("what is no number");
        std::uint64_t number = 0;
        for (const std::uint8_t byte : value) number = number << 8 | byte;
        text += std::to_string(static_cast<std::int64_t>(number));
        return;
    }
    if (kind == SQLITE_BLOB) {
        if (to.type == "uuid" && value.size() != 16) wrong("what is no id");
        if (to.type == "bytea") text += "\\\\x";
        text += to_hex(value);
        return;
    }
    for (const std::uint8_t byte : value) {
        switch (byte) {
            case 0: wrong("a text with a zero byte, which PostgreSQL cannot hold"); break;
            case '\\': text += "\\\\"; break;
            case '\t': text += "\\t"; break;
            case '\n': text += "\\n"; break;
            case '\r': text += "\\r"; break;
            default: text += static_cast<char>(byte);
        }
    }
}

}  // namespace marketday::cli
