#pragma once

#include <memory>

#include "adapters/distributed/postgres_database.hpp"
#include "adapters/stored/shop_terms.hpp"
#include "ports/order_book.hpp"

namespace marketday::adapters {

/// The order book in PostgreSQL. A batch reads what it needs without a lock, is decided by the domain's rules in this
/// process, and written by one call of the server's function write_batch, which refuses it when anything has changed
/// meanwhile. A batch that lost to another process is decided again under the lock (ADR 11).
std::unique_ptr<ports::OrderBook> make_postgres_order_book(PostgresDatabase& database, ShopTerms terms,
                                                           const Clock& clock, UuidSource& uuids);

}  // namespace marketday::adapters
