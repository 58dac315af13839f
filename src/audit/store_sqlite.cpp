#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>

#include "audit/store.hpp"

namespace marketday::audit {
namespace {

constexpr int kBusyWaitMs = 5000;

constexpr int kStepsBetweenLooks = 100'000;  // of SQLite's machine, some milliseconds

// What is known of customers is the tree and, above it, the news that has not been carried over to it: a later row
// wins.
constexpr const char* kCustomerFacts = R"sql(
    CREATE TEMP TABLE customer_facts (
        customer_id BLOB, kind INTEGER, key BLOB, at_ms INTEGER, units INTEGER, request_hash BLOB, order_id BLOB,
        refusal TEXT, PRIMARY KEY (customer_id, kind, key)) WITHOUT ROWID;
    INSERT INTO customer_facts
        SELECT customer_id, kind, key, at_ms, units, request_hash,
            CASE WHEN kind = 3 THEN key ELSE order_id END, refusal FROM customer_records;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 2, key, at_ms, NULL, request_hash, order_id, refusal FROM customer_journal
        WHERE key IS NOT NULL ORDER BY position;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 3, order_id, at_ms, NULL, NULL, order_id, NULL FROM customer_journal
        WHERE order_id IS NOT NULL ORDER BY position;
    INSERT OR REPLACE INTO customer_facts
        SELECT customer_id, 1, limit_key, at_ms, units, NULL, NULL, NULL FROM customer_journal
        WHERE limit_key IS NOT NULL ORDER BY position;
)sql";

class SqliteEngine final : public Engine {
public:
    SqliteEngine(const std::string& file, const std::atomic<bool>* stop) : stop_(stop), name_(file) {
        if (sqlite3_open_v2(name_.c_str(), &handle_, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, nullptr) !=
            SQLITE_OK) {
            const std::string why = handle_ != nullptr ? sqlite3_errmsg(handle_) : "out of memory";
            sqlite3_close(handle_);
            std::error_code ignored;
            if (!std::filesystem::exists(file, ignored))
                throw Unreadable(fmt::format("there is no {}: give --data the directory of a shop", name_));
            throw Unreadable(fmt::format("cannot open {}: {}; bring it back with `marketday restore`", name_, why));
        }
        sqlite3_busy_timeout(handle_, kBusyWaitMs);
        if (stop_ != nullptr)
            sqlite3_progress_handler(
                handle_, kStepsBetweenLooks,
                [](void* flag) { return static_cast<const std::atomic<bool>*>(flag)->load() ? 1 : 0; },
                const_cast<std::atomic<bool>*>(stop_));  // NOLINT: SQLite hands it back as it came
        // A transaction begins with its first read; from then on every statement sees that moment.
        if (sqlite3_exec(handle_, "BEGIN; SELECT count(*) FROM sqlite_schema", nullptr, nullptr, nullptr) !=
            SQLITE_OK) {
            const std::string why = sqlite3_errmsg(handle_);
            sqlite3_close(handle_);
            throw Unreadable(fmt::format("cannot read {}: {}; bring it back with `marketday restore`", name_, why));
        }
    }
    ~SqliteEngine() override { sqlite3_close(handle_); }

    std::unique_ptr<Cursor> open(const char* sql) override;
    std::string damage() override {
        const auto rows = open("PRAGMA quick_check(1)");
        if (!rows->next()) return "nothing to read";
        const auto bytes = rows->bytes(0);
        const std::string said(bytes.begin(), bytes.end());
        return said == "ok" ? std::string{} : said;
    }
    bool has_table(std::string_view name) override {
        return lists("SELECT name FROM sqlite_schema WHERE type = 'table'", name);
    }
    bool has_column(std::string_view table, std::string_view column) override {
        return lists(fmt::format("SELECT name FROM pragma_table_info('{}')", table), column);
    }
    void gather_customer_facts() override {
        if (sqlite3_exec(handle_, kCustomerFacts, nullptr, nullptr, nullptr) != SQLITE_OK) refuse();
    }

    /// Ends the audit: it was told to stop, or the file cannot be read.
    [[noreturn]] void refuse() const {
        if (stop_ != nullptr && stop_->load()) throw Unreadable(std::string{kStopped});
        throw Unreadable(
            fmt::format("cannot read {}: {}; bring it back with `marketday restore`", name_, sqlite3_errmsg(handle_)));
    }

private:
    bool lists(const std::string& sql, std::string_view wanted) {
        const auto rows = open(sql.c_str());
        while (rows->next()) {
            const auto bytes = rows->bytes(0);
            if (std::string_view{reinterpret_cast<const char*>(bytes.data()), bytes.size()} == wanted) return true;
        }
        return false;
    }

    sqlite3* handle_ = nullptr;
    const std::atomic<bool>* stop_ = nullptr;
    std::string name_;
};

class SqliteCursor final : public Cursor {
public:
    SqliteCursor(SqliteEngine& engine, sqlite3_stmt* statement) : engine_(engine), statement_(statement) {}
    ~SqliteCursor() override { sqlite3_finalize(statement_); }

    void bind(int position, std::int64_t value) override { sqlite3_bind_int64(statement_, position, value); }
    void bind(int position, std::span<const std::uint8_t> blob) override {
        sqlite3_bind_blob(statement_, position, blob.data(), static_cast<int>(blob.size()), SQLITE_TRANSIENT);
    }
    void again() override {
        sqlite3_reset(statement_);
        sqlite3_clear_bindings(statement_);
    }
    bool next() override {
        const int code = sqlite3_step(statement_);
        if (code == SQLITE_ROW) return true;
        if (code == SQLITE_DONE) return false;
        engine_.refuse();
    }
    bool null(int column) const override { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
    std::int64_t integer(int column) const override { return sqlite3_column_int64(statement_, column); }
    std::span<const std::uint8_t> bytes(int column) const override {
        const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
        return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
    }

private:
    SqliteEngine& engine_;
    sqlite3_stmt* statement_;
};

std::unique_ptr<Cursor> SqliteEngine::open(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle_, sql, -1, &statement, nullptr) != SQLITE_OK) refuse();
    return std::make_unique<SqliteCursor>(*this, statement);
}

}  // namespace

std::unique_ptr<Engine> open_sqlite(const std::string& file, const std::atomic<bool>* stop) {
    return std::make_unique<SqliteEngine>(file, stop);
}

}  // namespace marketday::audit
