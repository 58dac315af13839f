#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/migrate_source.hpp"

struct pg_conn;

namespace marketday::cli {

/// The PostgreSQL database that a shop moves to. Tables are made and filled in a schema aside, which is moved into
/// place at the very end: until then the database holds no shop. Everything throws std::runtime_error with one line.
class MigrationTarget {
public:
    /// Connects; refuses a database that holds a shop already, or to which another migration is under way.
    explicit MigrationTarget(std::string url);
    ~MigrationTarget();
    MigrationTarget(const MigrationTarget&) = delete;
    MigrationTarget& operator=(const MigrationTarget&) = delete;

    /// The same database with the schema aside in front, for whoever makes and audits the tables there.
    std::string aside_url() const;
    /// Makes the schema anew; true when one was left by an interrupted migration.
    bool begin_aside();

    /// From here to commit() nothing is seen by others.
    void begin();
    void commit();
    void run(const std::string& sql);
    std::vector<MigratedColumn> columns(const std::string& table);
    /// Tells `done` about every few thousand rows. How many there were.
    std::int64_t copy(MigrationSource& source, const std::string& table, const std::function<void(std::int64_t)>& done);
    /// Numbers that tables give out go on after the highest that was ever given.
    void continue_numbers(MigrationSource& source);

    /// Everything into its place, in one transaction.
    void move_into_place();

private:
    std::vector<std::vector<std::string>> rows(const std::string& sql);
    [[noreturn]] void refuse(const std::string& doing);

    std::string url_;
    pg_conn* connection_ = nullptr;
};

}  // namespace marketday::cli
