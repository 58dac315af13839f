#pragma once

#include <optional>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "ports/order_book.hpp"

namespace marketday::adapters {

/// The sales' rows within a caller's write or read. `batch` names the outbox message of the change.
Result<domain::Sale, ports::OrderBook::SaleRefusal> write_sale(SqliteConnection& connection, const domain::Sale& sale,
                                                               const Uuid& batch, WallTime at);
Result<domain::Sale, ports::OrderBook::SaleRefusal> write_sale_state(SqliteConnection& connection, SaleId sale,
                                                                     domain::SaleState state, const Uuid& batch,
                                                                     WallTime at);
std::optional<domain::Sale> read_sale(SqliteConnection& connection, SaleId sale);
std::vector<domain::Sale> read_sales(SqliteConnection& connection, std::size_t closed_max);

}  // namespace marketday::adapters
