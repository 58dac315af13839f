#include "adapters/embedded/sqlite_order_rows.hpp"

#include <algorithm>

#include "adapters/stored/order_text.hpp"

namespace marketday::adapters {
namespace {

std::optional<WallTime> time_or_none(const SqliteQuery& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return from_unix_ms(row.integer(column));
}

std::vector<domain::OrderLine> read_lines(SqliteConnection& connection, OrderId order) {
    std::vector<domain::OrderLine> lines;
    auto row = connection.query(
        "SELECT f.sku, l.quantity, l.unit_price_minor, l.price_version FROM order_lines l JOIN offers f"
        " ON f.sku_no = l.sku_no WHERE l.order_id = ?1 ORDER BY l.line_no",
        order);
    while (row.step()) lines.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
    return lines;
}

}  // namespace

domain::Order read_order_row(SqliteConnection& connection, const SqliteQuery& row) {
    domain::Order order;
    order.id = OrderId{row.uuid(0)};
    order.customer = CustomerId{row.uuid(1)};
    if (!row.is_null(2)) order.sale = SaleId{row.uuid(2)};
    order.state = static_cast<domain::OrderState>(row.integer(3));
    order.placed_at = from_unix_ms(row.integer(4));
    order.updated_at = from_unix_ms(row.integer(5));
    order.hold_until = from_unix_ms(row.integer(6));
    const auto currency = Currency::parse(row.text_view(9));
    if (!currency) throw SqliteError{SQLITE_CORRUPT, "an order's currency is unknown"};
    order.total = {row.integer(7), *currency};
    order.shipping = {row.integer(8), *currency};
    order.receipt.sequence = row.integer(10);
    const auto hash = row.blob(11);
    if (hash.size() == order.receipt.hash.size()) std::ranges::copy(hash, order.receipt.hash.begin());
    if (!row.is_null(12)) order.payment = PaymentId{row.uuid(12)};
    order.captured_at = time_or_none(row, 13);
    order.refunded_at = time_or_none(row, 14);
    order.tracking = row.text(15);
    order.address = address_from_json(row.text_view(16));
    order.lines = read_lines(connection, order.id);
    return order;
}

std::optional<domain::Order> read_order(SqliteConnection& connection, OrderId order) {
    auto row = connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                                " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id = ?1",
                                order);
    if (!row.step()) return std::nullopt;
    return read_order_row(connection, row);
}

}  // namespace marketday::adapters
