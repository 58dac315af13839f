#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "ports/order_book.hpp"

namespace marketday::adapters {

/// Sets offers within the caller's write, so that a product and its price change together. Gives them back with their
/// versions.
std::vector<ports::OrderBook::Offer> write_offers(SqliteConnection& connection,
                                                  const std::vector<ports::OrderBook::Offer>& offers);

/// Receives or withdraws units within the caller's write: the level and its ledger entry.
Result<domain::Receipt, ports::OrderBook::StockRefusal> write_stock_change(SqliteConnection& connection,
                                                                           const ports::OrderBook::StockChange& change,
                                                                           WallTime at);

/// `write_stock_change` with Movement::receive; the SKU must have an offer.
void receive_stock(SqliteConnection& connection, std::string_view sku, std::int64_t units, std::string_view reason,
                   WallTime at);

std::optional<ports::OrderBook::Offer> read_offer(SqliteConnection& connection, std::string_view sku);
std::optional<domain::StockLevel> read_stock(SqliteConnection& connection, std::string_view sku);

}  // namespace marketday::adapters
