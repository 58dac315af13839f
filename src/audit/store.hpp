#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/ids.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace marketday::audit {

/// The database cannot be read; the message is one line that says why.
class Unreadable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// The rows of one SELECT.
///   for (Rows rows{store, "SELECT …"}; rows.next();) use(rows.integer(0));
class Store;
class Rows {
public:
    Rows(Store& store, const char* sql);
    ~Rows();
    Rows(const Rows&) = delete;
    Rows& operator=(const Rows&) = delete;

    void bind(int position, std::int64_t value);
    void bind(int position, std::span<const std::uint8_t> blob);
    /// Starts over with other bound values.
    void again();

    /// False at the end. Throws Unreadable.
    bool next();
    bool null(int column) const;
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::span<const std::uint8_t> blob(int column) const;  // until the next row
    Uuid uuid(int column) const;                           // nil when it is not 16 bytes

private:
    Store& store_;
    sqlite3_stmt* statement_ = nullptr;
};

/// A site's SQLite file as the audit sees it: read-only, through one connection and one read transaction, so that all
/// statements see the same moment and the server beside it is never blocked. One thread at a time.
class Store {
public:
    /// Throws Unreadable.
    explicit Store(const std::filesystem::path& file);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    /// The first complaint of SQLite's own check of the file; empty when there is none.
    std::string damage();
    bool has_table(std::string_view name);
    bool has_column(std::string_view table, std::string_view column);
    /// Runs statements that make temporary tables of this connection; the site's file is never written. Throws
    /// Unreadable.
    void prepare(const char* script);
    /// The one number that `sql` gives; 0 for none.
    std::int64_t number(const char* sql);
    sqlite3* handle() { return handle_; }
    const std::string& name() const { return name_; }

private:
    sqlite3* handle_ = nullptr;
    std::string name_;
};

}  // namespace marketday::audit
