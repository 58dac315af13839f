#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/distributed/postgres_hosts.hpp"
#include "adapters/distributed/postgres_value.hpp"
#include "base/async/task.hpp"
#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace marketday::adapters {

/// One statement of a pipeline. `sql` must be a literal: its address is the key of the prepared statement.
struct PostgresStatement {
    const char* sql = nullptr;
    std::vector<PostgresValue> values;
};

/// One connection: libpq without blocking, on Asio. Used by tasks of one executor, whose `io` it was opened with, one
/// at a time. Everything throws PostgresError; after `lost` and `timed_out` the connection is of no more use.
class PostgresConnection {
public:
    static Task<std::unique_ptr<PostgresConnection>> open(boost::asio::io_context& io, PostgresHosts::Parameters where,
                                                          Instant deadline);
    ~PostgresConnection();
    PostgresConnection(const PostgresConnection&) = delete;
    PostgresConnection& operator=(const PostgresConnection&) = delete;

    /// Sends the statements (1..) in one go, prepared at their first use, and gives the rows of each. Outside a
    /// transaction block they are one transaction together, which the last one's end commits. The first that is refused
    /// undoes them all.
    Task<std::vector<PostgresRows>> run(std::vector<PostgresStatement> statements, Instant deadline);
    /// Runs a script of statements, not prepared, as one transaction unless it says otherwise.
    Task<void> script(std::string sql, Instant deadline);

    bool usable() const;
    /// Looks whether the server has closed an idle connection, without waiting.
    bool closed_meanwhile();

private:
    struct Wire;
    explicit PostgresConnection(std::unique_ptr<Wire> wire);
    std::unique_ptr<Wire> wire_;
};

}  // namespace marketday::adapters
