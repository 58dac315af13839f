#pragma once

#include <optional>

#include "adapters/embedded/sqlite_connection.hpp"
#include "adapters/stored/order_text.hpp"
#include "domain/order.hpp"

namespace marketday::adapters {

/// The columns that `read_order_row` reads, for `SELECT ` MARKETDAY_ORDER_COLUMNS ` FROM orders o LEFT JOIN sales s …`.
#define MARKETDAY_ORDER_COLUMNS                                                                                 \
    "o.order_id, o.customer_id, s.sale_id, o.state, o.placed_ms, o.updated_ms, o.hold_ms, o.total_minor,"       \
    " o.shipping_minor, o.currency, o.receipt_seq, o.receipt_hash, o.payment_id, o.captured_ms, o.refunded_ms," \
    " o.tracking, o.address"

/// One order from the current row, its lines by a query of their own.
domain::Order read_order_row(SqliteConnection& connection, const SqliteQuery& row);
std::optional<domain::Order> read_order(SqliteConnection& connection, OrderId order);

}  // namespace marketday::adapters
