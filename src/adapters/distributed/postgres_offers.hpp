#pragma once

#include "adapters/distributed/postgres_session.hpp"
#include "base/time.hpp"
#include "ports/order_book.hpp"

namespace marketday::adapters {

// Within the caller's transaction, which these begin by taking the head's lock.

/// Raises the version that batches are decided under. Whoever changes offers or sales calls it before anything else.
Task<void> change_what_batches_read(PostgresSession& session);

Task<std::vector<ports::OrderBook::Offer>> write_offers(PostgresSession& session,
                                                        const std::vector<ports::OrderBook::Offer>& offers);
Task<Result<domain::Receipt, ports::OrderBook::StockRefusal>> write_stock_change(
    PostgresSession& session, const ports::OrderBook::StockChange& change, WallTime at);
/// Receives units of several SKUs, each known and once; throws when one cannot be.
Task<void> receive_stock(PostgresSession& session, const std::vector<ports::OrderBook::StockChange>& changes,
                         WallTime at);

Task<Result<domain::Sale, ports::OrderBook::SaleRefusal>> write_sale(PostgresSession& session, const domain::Sale& sale,
                                                                     const Uuid& batch, WallTime at);
Task<Result<domain::Sale, ports::OrderBook::SaleRefusal>> write_sale_state(PostgresSession& session, SaleId sale,
                                                                           domain::SaleState state, const Uuid& batch,
                                                                           WallTime at);
Task<std::optional<domain::Sale>> find_sale(PostgresSession& session, SaleId sale);

}  // namespace marketday::adapters
