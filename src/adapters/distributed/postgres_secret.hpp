#pragma once

#include "adapters/distributed/postgres_session.hpp"
#include "base/hash.hpp"

namespace marketday::adapters {

/// The shop's one secret, which all its processes share. `offered` becomes it when there is none yet; else the stored
/// one holds. At a process's start (PostgresDatabase::Options::at_start).
Task<Hash256> shop_secret(PostgresSession& session, Hash256 offered);

}  // namespace marketday::adapters
