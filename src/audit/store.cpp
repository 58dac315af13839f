#include "audit/store.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

namespace marketday::audit {
namespace {

constexpr int kBusyWaitMs = 5000;

[[noreturn]] void refuse(sqlite3* handle, const std::string& name) {
    throw Unreadable(
        fmt::format("cannot read {}: {}; bring it back with `marketday restore`", name, sqlite3_errmsg(handle)));
}

}  // namespace

Rows::Rows(Store& store, const char* sql) : store_(store) {
    if (sqlite3_prepare_v2(store.handle(), sql, -1, &statement_, nullptr) != SQLITE_OK)
        refuse(store.handle(), store.name());
}

Rows::~Rows() { sqlite3_finalize(statement_); }

void Rows::bind(int position, std::int64_t value) { sqlite3_bind_int64(statement_, position, value); }

void Rows::bind(int position, std::span<const std::uint8_t> blob) {
    sqlite3_bind_blob(statement_, position, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
}

void Rows::again() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
}

bool Rows::next() {
    const int code = sqlite3_step(statement_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    refuse(store_.handle(), store_.name());
}

bool Rows::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Rows::text(int column) const {
    const auto* text = sqlite3_column_text(statement_, column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Rows::blob(int column) const {
    const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
    return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Uuid Rows::uuid(int column) const {
    const auto bytes = blob(column);
    Uuid id;
    if (bytes.size() == id.bytes.size()) std::ranges::copy(bytes, id.bytes.begin());
    return id;
}

Store::Store(const std::filesystem::path& file) : name_(file.string()) {
    if (sqlite3_open_v2(name_.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK) {
        std::error_code ignored;
        if (!std::filesystem::exists(file, ignored)) {
            sqlite3_close(handle_);
            throw Unreadable(fmt::format("there is no {}: give --data the directory of a shop", name_));
        }
        const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
        sqlite3_close(handle_);
        throw Unreadable(fmt::format("cannot open {}: {}; bring it back with `marketday restore`", name_, why));
    }
    sqlite3_busy_timeout(handle_, kBusyWaitMs);
    // A transaction begins with its first read; from then on every statement sees that moment.
    if (sqlite3_exec(handle_, "BEGIN; SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr) != SQLITE_OK) {
        const std::string why = sqlite3_errmsg(handle_);
        sqlite3_close(handle_);
        throw Unreadable(fmt::format("cannot read {}: {}; bring it back with `marketday restore`", name_, why));
    }
}

Store::~Store() { sqlite3_close(handle_); }

std::string Store::damage() {
    Rows rows{*this, "PRAGMA quick_check(1)"};
    const std::string said = rows.next() ? rows.text(0) : std::string{"nothing to read"};
    return said == "ok" ? std::string{} : said;
}

bool Store::has_table(std::string_view name) {
    for (Rows rows{*this, "SELECT name FROM sqlite_schema WHERE type = 'table'"}; rows.next();)
        if (rows.text(0) == name) return true;
    return false;
}

bool Store::has_column(std::string_view table, std::string_view column) {
    const std::string sql = fmt::format("SELECT name FROM pragma_table_info('{}')", table);
    for (Rows rows{*this, sql.c_str()}; rows.next();)
        if (rows.text(0) == column) return true;
    return false;
}

void Store::prepare(const char* script) {
    if (sqlite3_exec(handle_, script, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw Unreadable(
            fmt::format("cannot read {}: {}; bring it back with `marketday restore`", name_, sqlite3_errmsg(handle_)));
}

std::int64_t Store::number(const char* sql) {
    Rows rows{*this, sql};
    return rows.next() ? rows.integer(0) : 0;
}

}  // namespace marketday::audit
