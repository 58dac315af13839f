#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"

namespace marketday::adapters {

class BatchRows;

/// Anything SQLite refuses. `code` is its extended result code.
class SqliteError : public std::runtime_error {
public:
    SqliteError(int code_, const std::string& what) : std::runtime_error(what), code(code_) {}
    int code;
};

/// One execution of a prepared statement; resets it when destroyed. Bind by position from 1, then step.
///   auto q = connection.query("SELECT available FROM stock WHERE sku_no = ?1", sku_no);
///   if (q.step()) use(q.integer(0));
class SqliteQuery {
public:
    /// Whether bound texts and blobs outlive the execution (then SQLite need not copy them).
    enum class Bound { copied, lasting };
    explicit SqliteQuery(sqlite3_stmt* statement, Bound bound = Bound::copied) : statement_(statement), bound_(bound) {}
    SqliteQuery(SqliteQuery&& other) noexcept
        : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}
    SqliteQuery& operator=(SqliteQuery&&) = delete;
    ~SqliteQuery();

    void bind(int position, std::int64_t value);
    void bind(int position, int value) { bind(position, static_cast<std::int64_t>(value)); }
    void bind(int position, bool value) { bind(position, static_cast<std::int64_t>(value)); }
    void bind(int position, double value);
    void bind(int position, std::string_view value);
    void bind(int position, const char* value) { bind(position, std::string_view{value}); }
    void bind(int position, const std::string& value) { bind(position, std::string_view{value}); }
    void bind(int position, std::span<const std::uint8_t> blob);
    void bind(int position, const Uuid& id) { bind(position, std::span<const std::uint8_t>{id.bytes}); }
    template <class Tag>
    void bind(int position, const Id<Tag>& id) {
        bind(position, id.uuid);
    }
    void bind(int position, std::nullptr_t);
    void bind_pointer(int position, void* pointer, const char* type);
    template <class T>
    void bind(int position, const std::optional<T>& value) {
        if (value)
            bind(position, *value);
        else
            bind(position, nullptr);
    }

    /// True when a row is there, false at the end.
    bool step();
    /// For statements that give no rows.
    void run() {
        while (step()) {
        }
    }
    bool is_null(int column) const;
    std::int64_t integer(int column) const;
    double real(int column) const;
    std::string text(int column) const { return std::string{text_view(column)}; }
    std::string_view text_view(int column) const;  // until the next step
    std::span<const std::uint8_t> blob(int column) const;
    Uuid uuid(int column) const;

private:
    sqlite3_stmt* statement_;
    Bound bound_;
};

/// One connection; used by one thread at a time. Statements are prepared once and kept.
class SqliteConnection {
public:
    enum class Mode { read_write, read_only };
    SqliteConnection(const std::filesystem::path& file, Mode mode, std::int64_t cache_kib);
    ~SqliteConnection();
    SqliteConnection(const SqliteConnection&) = delete;
    SqliteConnection& operator=(const SqliteConnection&) = delete;

    /// `sql` must be a literal (its address is the cache's key).
    template <class... Args>
    SqliteQuery query(const char* sql, const Args&... args) {
        SqliteQuery query{statement(sql)};
        int position = 0;
        (query.bind(++position, args), ...);
        return query;
    }
    /// Runs one statement that gives no rows. Its arguments live until it is done, so nothing is copied.
    template <class... Args>
    void run(const char* sql, const Args&... args) {
        SqliteQuery query{statement(sql), SqliteQuery::Bound::lasting};
        int position = 0;
        (query.bind(++position, args), ...);
        query.run();
    }
    /// Runs `INSERT … SELECT c0, … FROM batch_rows(?1)` over `rows` (sqlite_batch_rows.hpp); nothing for none.
    void write_rows(const char* sql, const BatchRows& rows);
    /// Runs a script of statements, not kept.
    void script(const std::string& sql);
    std::int64_t changes() const;
    std::int64_t last_insert_rowid() const;
    sqlite3* handle() { return handle_; }

private:
    sqlite3_stmt* statement(const char* sql);

    sqlite3* handle_ = nullptr;
    std::map<const char*, sqlite3_stmt*> statements_;
};

}  // namespace marketday::adapters
