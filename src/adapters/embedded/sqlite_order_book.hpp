#pragma once

#include <memory>

#include "adapters/embedded/sqlite_database.hpp"
#include "adapters/embedded/sqlite_order_writes.hpp"
#include "base/ids.hpp"
#include "ports/order_book.hpp"

namespace marketday::adapters {

/// The order book in the site's SQLite file. All writes go through the database's one writer, so the rules see a
/// quiet store and no two batches ever race.
std::unique_ptr<ports::OrderBook> make_sqlite_order_book(SqliteDatabase& database, ShopTerms terms, const Clock& clock,
                                                         UuidSource& uuids);

}  // namespace marketday::adapters
