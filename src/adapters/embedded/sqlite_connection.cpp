#include "adapters/embedded/sqlite_connection.hpp"

#include <fmt/format.h>

#include "adapters/embedded/sqlite_batch_rows.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

/// Without its statistics SQLite's allocator takes no lock of its own. Before any connection is opened.
const bool kConfigured = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return true;
}();

[[noreturn]] void fail_with(sqlite3* handle, std::string_view doing) {
    throw SqliteError{sqlite3_extended_errcode(handle), fmt::format("{}: {}", doing, sqlite3_errmsg(handle))};
}

// What was not bound for want of memory is NULL to the statement, which then finds nothing, or writes nothing.
void check_bound(sqlite3_stmt* statement, int code) {
    if (code != SQLITE_OK) throw SqliteError{code, fmt::format("{}: {}", sqlite3_sql(statement), sqlite3_errstr(code))};
}

// A value that could not be given for want of memory reads like NULL.
void check_read(sqlite3_stmt* statement) {
    sqlite3* const handle = sqlite3_db_handle(statement);
    if (sqlite3_errcode(handle) == SQLITE_NOMEM) fail_with(handle, sqlite3_sql(statement));
}

}  // namespace

SqliteQuery::~SqliteQuery() {
    if (statement_ == nullptr) return;
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

void SqliteQuery::bind(int position, std::int64_t value) {
    check_bound(statement_, sqlite3_bind_int64(statement_, position, value));
}
void SqliteQuery::bind(int position, double value) {
    check_bound(statement_, sqlite3_bind_double(statement_, position, value));
}
void SqliteQuery::bind(int position, std::nullptr_t) {
    check_bound(statement_, sqlite3_bind_null(statement_, position));
}
void SqliteQuery::bind_pointer(int position, void* pointer, const char* type) {
    check_bound(statement_, sqlite3_bind_pointer(statement_, position, pointer, type, nullptr));
}

void SqliteQuery::bind(int position, std::string_view value) {
    check_bound(statement_, sqlite3_bind_text(statement_, position, value.data() != nullptr ? value.data() : "",
                                              static_cast<int>(value.size()),
                                              bound_ == Bound::lasting ? SQLITE_STATIC : SQLITE_TRANSIENT));
}
void SqliteQuery::bind(int position, std::span<const std::uint8_t> blob) {
    check_bound(
        statement_,
        sqlite3_bind_blob(statement_, position, blob.data() != nullptr ? static_cast<const void*>(blob.data()) : "",
                          static_cast<int>(blob.size()), bound_ == Bound::lasting ? SQLITE_STATIC : SQLITE_TRANSIENT));
}

bool SqliteQuery::step() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    fail_with(sqlite3_db_handle(statement_), sqlite3_sql(statement_));
}

bool SqliteQuery::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t SqliteQuery::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double SqliteQuery::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string_view SqliteQuery::text_view(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    if (text == nullptr) {
        check_read(statement_);
        return {};
    }
    return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> SqliteQuery::blob(int column) const {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    if (bytes == nullptr) {
        check_read(statement_);
        return {};
    }
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Uuid SqliteQuery::uuid(int column) const {
    Uuid id;
    const auto bytes = blob(column);
    if (bytes.size() == id.bytes.size()) std::copy(bytes.begin(), bytes.end(), id.bytes.begin());
    return id;
}

SqliteConnection::SqliteConnection(const std::filesystem::path& file, Mode mode, std::int64_t cache_kib) {
    MD_ASSERT(kConfigured);
    const int flags = SQLITE_OPEN_NOMUTEX |
                      (mode == Mode::read_write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
    if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
        const SqliteError error{sqlite3_extended_errcode(handle_),
                                fmt::format("{}: {}", file.string(), sqlite3_errmsg(handle_))};
        sqlite3_close(handle_);
        throw error;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 5000);
    try {
        register_batch_rows(handle_);
        script(fmt::format("PRAGMA cache_size=-{}; PRAGMA foreign_keys=OFF; PRAGMA temp_store=MEMORY;", cache_kib));
    } catch (...) {
        sqlite3_close(handle_);
        throw;
    }
}

SqliteConnection::~SqliteConnection() {
    for (auto& [sql, statement] : statements_) sqlite3_finalize(statement);
    const int code = sqlite3_close(handle_);
    MD_ASSERT(code == SQLITE_OK);
}

void SqliteConnection::script(const std::string& sql) {
    if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
        fail_with(handle_, std::string_view{sql}.substr(0, 120));
}

std::int64_t SqliteConnection::changes() const { return sqlite3_changes64(handle_); }
std::int64_t SqliteConnection::last_insert_rowid() const { return sqlite3_last_insert_rowid(handle_); }

sqlite3_stmt* SqliteConnection::statement(const char* sql) {
    auto& known = statements_[sql];
    if (known == nullptr) {
        if (sqlite3_prepare_v3(handle_, sql, -1, SQLITE_PREPARE_PERSISTENT, &known, nullptr) != SQLITE_OK) {
            statements_.erase(sql);
            fail_with(handle_, sql);
        }
    }
    MD_ASSERT(sqlite3_stmt_busy(known) == 0);
    return known;
}

}  // namespace marketday::adapters
