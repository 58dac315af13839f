#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "adapters/distributed/postgres_database.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A real PostgreSQL on loopback in a directory of its own, run by an unprivileged user, with fsync; one for all tests
/// of a program. Ended with it, even when it crashes.
class PostgresServer {
public:
    /// Starts it at the first call. Throws std::runtime_error when it cannot be started.
    static PostgresServer& shared();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    int port() const { return port_; }
    std::string url(const std::string& database) const;
    /// A database with all tables and nothing in them, for one user at a time. Its name.
    std::string take_database();
    void give_back_database(const std::string& name);
    /// Ends all its processes at once, nothing is written any more; and its start afterwards, which the thread does
    /// that lives on (the server ends with it).
    void kill();
    void start();
    /// Whether it takes connections with TLS too, by this certificate; for those made from now on.
    void with_tls(const std::filesystem::path& certificate, const std::filesystem::path& key);
    void without_tls();

private:
    PostgresServer();
    void sql(const std::string& where, const std::string& script);

    TemporaryDirectory directory_;
    std::filesystem::path data_;
    int port_ = 0;
    int pid_ = -1;
    int databases_ = 0;
    std::vector<std::string> free_;
};

/// A new, empty PostgreSQL store, ready for every adapter.
class TemporaryPostgres {
public:
    explicit TemporaryPostgres(adapters::PostgresDatabase::Options options = {});
    ~TemporaryPostgres();
    TemporaryPostgres(const TemporaryPostgres&) = delete;
    TemporaryPostgres& operator=(const TemporaryPostgres&) = delete;
    adapters::PostgresDatabase& database() { return *database_; }
    const std::string& url() const { return options_.url; }
    /// Ends the connections and opens the store again.
    void reopen();

private:
    adapters::PostgresDatabase::Options options_;
    std::string name_;
    std::unique_ptr<adapters::PostgresDatabase> database_;
};

}  // namespace marketday
