#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace marketday::cli {

/// One column as a migration sees it.
struct MigratedColumn {
    std::string name;
    std::string type;     // PostgreSQL's: "bigint", "uuid", "bytea", "text"
    bool needed = false;  // has neither a default nor may it be empty
};

/// One moment of a shop's SQLite file. Everything throws std::runtime_error.
class MigrationSource {
public:
    explicit MigrationSource(const std::filesystem::path& file);
    ~MigrationSource();
    MigrationSource(const MigrationSource&) = delete;
    MigrationSource& operator=(const MigrationSource&) = delete;

    /// Tables with the shop's rows, those that others refer to first; what is kept of customers stands in
    /// "idempotency_keys" and "customer_limits", as the other engine has it.
    std::vector<std::string> tables();
    std::vector<std::string> columns(const std::string& table);
    std::int64_t count(const std::string& table);
    /// The highest number that a table has ever given out by itself.
    std::int64_t highest(const std::string& table);
    /// Unix time of the earliest order; 0: there is none.
    std::int64_t first_order_ms();

    /// Rows of a table as lines of COPY's text format (PostgreSQL's documentation, COPY), in the order of `columns`.
    class Lines {
    public:
        Lines(MigrationSource& source, const std::string& table, std::vector<MigratedColumn> columns);
        ~Lines();
        Lines(const Lines&) = delete;
        Lines& operator=(const Lines&) = delete;
        /// Appends the next row with its newline; false at the end.
        bool next(std::string& text);

    private:
        void append(std::string& text, int column);
        MigrationSource& source_;
        std::string table_;
        std::vector<MigratedColumn> columns_;
        sqlite3_stmt* statement_ = nullptr;
    };

private:
    std::vector<std::string> texts(const std::string& sql);
    std::int64_t number(const std::string& sql);
    sqlite3_stmt* prepare(const std::string& sql);
    void run(const char* sql);
    [[noreturn]] void refuse();

    std::string name_;
    sqlite3* handle_ = nullptr;
};

}  // namespace marketday::cli
