#pragma once

#include "adapters/embedded/sqlite_connection.hpp"

namespace marketday::adapters {

/// Brings the database's tables to the newest form this program knows (schema/sqlite), each migration whole or not at
/// all. Throws std::runtime_error when the database is newer than the program.
void migrate(SqliteConnection& connection);

}  // namespace marketday::adapters
