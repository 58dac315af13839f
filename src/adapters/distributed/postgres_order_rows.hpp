#pragma once

#include <map>
#include <vector>

#include "adapters/distributed/postgres_session.hpp"
#include "domain/ledger.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"

namespace marketday::adapters {

/// The columns that `read_orders` reads, for `SELECT ` MARKETDAY_PG_ORDER_COLUMNS ` FROM orders o LEFT JOIN sales s …`.
#define MARKETDAY_PG_ORDER_COLUMNS                                                                              \
    "o.order_id, o.customer_id, s.sale_id, o.state, o.placed_ms, o.updated_ms, o.hold_ms, o.total_minor,"       \
    " o.shipping_minor, o.currency, o.receipt_seq, o.receipt_hash, o.payment_id, o.captured_ms, o.refunded_ms," \
    " o.tracking, o.address"
#define MARKETDAY_PG_SALE_COLUMNS                                                                       \
    "s.sale_no, s.sale_id, s.name_json, s.state, s.opens_ms, s.closes_ms, s.line_enabled, s.line_draw," \
    " s.admissions_per_s_max, s.admission_valid_s"
#define MARKETDAY_PG_ITEM_COLUMNS "i.sale_no, o.sku, i.units, i.price_minor, i.currency, i.limit_per_customer, i.taken"
#define MARKETDAY_PG_LEDGER_COLUMNS "l.sequence, l.epoch, l.at_ms, l.movement, f.sku, l.units, l.order_id, l.hash"

/// A stored currency; throws PostgresError when there is none of that code.
Currency stored_currency(std::string_view code);

/// Orders in the order of `rows`, without their lines.
std::vector<domain::Order> read_orders(PostgresRows& rows);
/// Adds lines to their orders. `rows`: order_id, sku, quantity, unit_price_minor, price_version; by order and line.
void read_lines(PostgresRows& rows, std::vector<domain::Order>& orders);
/// The lines of `orders`, by a query of their own.
Task<void> fetch_lines(PostgresSession& session, std::vector<domain::Order>& orders);
Task<std::optional<domain::Order>> find_order(PostgresSession& session, OrderId order);

struct NumberedSale {
    std::int64_t number = 0;
    domain::Sale sale;
};
/// Sales in the order of `rows`, with those of the `items` that are theirs; items by sale and position.
std::vector<NumberedSale> read_sales(PostgresRows& rows, PostgresRows& items);

std::vector<domain::LedgerEntry> read_ledger(PostgresRows& rows);

}  // namespace marketday::adapters
