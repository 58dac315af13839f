#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace marketday::audit {

inline constexpr std::string_view kStopped = "the audit was stopped; start it again";

/// The database cannot be read; the message is one line that says why.
class Unreadable : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One statement being read, in whichever engine. Throws Unreadable.
class Cursor {
public:
    virtual ~Cursor() = default;
    virtual void bind(int position, std::int64_t value) = 0;
    virtual void bind(int position, std::span<const std::uint8_t> blob) = 0;
    virtual void again() = 0;
    virtual bool next() = 0;
    virtual bool null(int column) const = 0;
    virtual std::int64_t integer(int column) const = 0;
    virtual std::span<const std::uint8_t> bytes(int column) const = 0;  // of a text or a blob, until the next row
};

/// A database opened for the audit: read-only, one moment of it.
class Engine {
public:
    virtual ~Engine() = default;
    virtual std::unique_ptr<Cursor> open(const char* sql) = 0;
    virtual std::string damage() = 0;
    virtual bool has_table(std::string_view name) = 0;
    virtual bool has_column(std::string_view table, std::string_view column) = 0;
    virtual void gather_customer_facts() = 0;
};
std::unique_ptr<Engine> open_sqlite(const std::string& file, const std::atomic<bool>* stop);
std::unique_ptr<Engine> open_postgres(const std::string& url, const std::atomic<bool>* stop);
/// Whether a database's name is a URL of PostgreSQL.
bool is_postgres(std::string_view name);

/// The rows of one SELECT.
///   for (Rows rows{store, "SELECT …"}; rows.next();) use(rows.integer(0));
class Store;
class Rows {
public:
    Rows(Store& store, const char* sql);

    void bind(int position, std::int64_t value) { cursor_->bind(position, value); }
    void bind(int position, std::span<const std::uint8_t> blob) { cursor_->bind(position, blob); }
    /// Starts over with other bound values.
    void again() { cursor_->again(); }

    /// False at the end. Throws Unreadable.
    bool next() { return cursor_->next(); }
    bool null(int column) const { return cursor_->null(column); }
    std::int64_t integer(int column) const { return cursor_->integer(column); }
    std::string text(int column) const;
    std::span<const std::uint8_t> blob(int column) const { return cursor_->bytes(column); }  // until the next row
    Uuid uuid(int column) const;  // nil when it is not 16 bytes

private:
    std::unique_ptr<Cursor> cursor_;
};

/// A site's database as the audit sees it: read-only, through one connection and one read transaction, so that all
/// statements see the same moment and the server beside it is never blocked. One thread at a time.
class Store {
public:
    /// `database`: a SQLite file or a URL of PostgreSQL. Throws Unreadable. When `stop` becomes true, reading ends
    /// soon: with Unreadable too.
    explicit Store(const std::string& database, const std::atomic<bool>* stop = nullptr);

    /// The first complaint of the engine's own check, where it has one; empty when there is none.
    std::string damage() { return engine_->damage(); }
    bool has_table(std::string_view name) { return engine_->has_table(name); }
    bool has_column(std::string_view table, std::string_view column) { return engine_->has_column(table, column); }
    /// Makes `customer_facts` readable: what is known of customers, in one shape for every engine. Columns customer_id,
    /// kind (1 units held in a sale, key = sale_no and sku_no; 2 an idempotency key's verdict; 3 an order), key, at_ms,
    /// units, request_hash, order_id, refusal.
    void gather_customer_facts() { engine_->gather_customer_facts(); }
    /// The one number that `sql` gives; 0 for none.
    std::int64_t number(const char* sql);
    Engine& engine() { return *engine_; }
    const std::string& name() const { return name_; }

private:
    std::string name_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace marketday::audit
