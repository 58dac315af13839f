#pragma once

#include "adapters/distributed/postgres_connection.hpp"

namespace marketday::adapters {

/// Brings the database's tables to the newest form this program knows (schema/postgres), each migration whole or not at
/// all; of several programs that start at one time, one does it. Throws std::runtime_error when the database is newer
/// than the program.
Task<void> migrate(PostgresConnection& connection, Instant deadline);

}  // namespace marketday::adapters
