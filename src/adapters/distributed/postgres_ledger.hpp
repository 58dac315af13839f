#pragma once

#include "adapters/distributed/postgres_session.hpp"

namespace marketday::adapters {

/// Begins an epoch of the ledger: its chain starts from a hash over the last entry of the epoch before. Called once
/// when a process opens the database (PostgresDatabase::Options::at_start). All processes write in the newest epoch.
Task<void> begin_ledger_epoch(PostgresSession& session);

}  // namespace marketday::adapters
