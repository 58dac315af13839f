#pragma once

#include <vector>

#include "adapters/distributed/postgres_session.hpp"
#include "base/time.hpp"
#include "ports/catalogue.hpp"

namespace marketday::adapters {

/// Writes products within the session's transaction, which it ends: offers, rows, first stock, category counts, change
/// numbers, outbox. Everything is read at once, decided in order, and written table by table.
Task<std::vector<ports::Catalogue::Written>> write_products(PostgresSession& session,
                                                            const std::vector<ports::Catalogue::Write>& writes,
                                                            const WallTime& now);

}  // namespace marketday::adapters
