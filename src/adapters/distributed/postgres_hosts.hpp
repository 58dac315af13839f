#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/async/task.hpp"
#include "base/time.hpp"

namespace boost::asio {
class io_context;
}

namespace marketday::adapters {

/// Where a database is, asked for anew at each connection on a thread of its own: libpq would look the names of its
/// hosts up itself, and everybody who wants something of any database would wait until the name server has answered.
/// While it does not answer, the addresses that it gave last are used. Used by tasks of one executor.
class PostgresHosts {
public:
    /// libpq's keywords and values.
    using Parameters = std::vector<std::pair<std::string, std::string>>;

    /// `url`: a libpq connection string, postgres://user@host:port/database or keywords and values. `io` lives longer,
    /// and runs on the executor's thread.
    PostgresHosts(boost::asio::io_context& io, std::string url);
    /// Waits for the end of a look-up under way.
    ~PostgresHosts();
    PostgresHosts(const PostgresHosts&) = delete;
    PostgresHosts& operator=(const PostgresHosts&) = delete;

    /// What the connection string says, with an address for every name: several, in the name server's order, where it
    /// has several. Throws PostgresError (`lost`) for what is no connection string, and when a name has no address by
    /// `deadline` and never had one.
    Task<Parameters> find(Instant deadline);

private:
    struct Names;
    std::unique_ptr<Names> names_;
};

}  // namespace marketday::adapters
