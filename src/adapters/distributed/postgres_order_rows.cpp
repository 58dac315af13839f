#include "adapters/distributed/postgres_order_rows.hpp"

#include <unordered_map>

#include "adapters/stored/order_text.hpp"

namespace marketday::adapters {
namespace {

std::optional<WallTime> time_or_none(const PostgresRows& row, int column) {
    if (row.is_null(column)) return std::nullopt;
    return from_unix_ms(row.integer(column));
}

}  // namespace

Currency stored_currency(std::string_view code) {
    const auto currency = Currency::parse(code);
    if (!currency) throw PostgresError(PostgresError::Kind::broken, "", "a stored currency is unknown");
    return *currency;
}

std::vector<domain::Order> read_orders(PostgresRows& rows) {
    std::vector<domain::Order> orders;
    orders.reserve(rows.size());
    while (rows.step()) {
        domain::Order& order = orders.emplace_back();
        order.id = OrderId{rows.uuid(0)};
        order.customer = CustomerId{rows.uuid(1)};
        if (!rows.is_null(2)) order.sale = SaleId{rows.uuid(2)};
        order.state = static_cast<domain::OrderState>(rows.integer(3));
        order.placed_at = from_unix_ms(rows.integer(4));
        order.updated_at = from_unix_ms(rows.integer(5));
        order.hold_until = from_unix_ms(rows.integer(6));
        const Currency currency = stored_currency(rows.text_view(9));
        order.total = {rows.integer(7), currency};
        order.shipping = {rows.integer(8), currency};
        order.receipt = {rows.integer(10), rows.hash(11)};
        if (!rows.is_null(12)) order.payment = PaymentId{rows.uuid(12)};
        order.captured_at = time_or_none(rows, 13);
        order.refunded_at = time_or_none(rows, 14);
        order.tracking = rows.text(15);
        order.address = address_from_json(rows.text_view(16));
    }
    return orders;
}

void read_lines(PostgresRows& rows, std::vector<domain::Order>& orders) {
    std::unordered_map<OrderId, domain::Order*> by_id;
    for (auto& order : orders) by_id[order.id] = &order;
    while (rows.step()) {
        const auto found = by_id.find(OrderId{rows.uuid(0)});
        if (found == by_id.end()) continue;
        found->second->lines.push_back({rows.text(1), rows.integer(2), rows.integer(3), rows.integer(4)});
    }
}

Task<void> fetch_lines(PostgresSession& session, std::vector<domain::Order>& orders) {
    if (orders.empty()) co_return;
    PostgresArray ids{PostgresArray::Of::uuids};
    for (const auto& order : orders) ids.add(order.id);
    const auto wanted = ids.take();
    auto rows = co_await session.query(
        "SELECT l.order_id, f.sku, l.quantity, l.unit_price_minor, l.price_version FROM order_lines l"
        " JOIN offers f ON f.sku_no = l.sku_no WHERE l.order_id = ANY ($1) ORDER BY l.order_id, l.line_no",
        wanted);
    read_lines(rows, orders);
}

Task<std::optional<domain::Order>> find_order(PostgresSession& session, OrderId order) {
    auto rows = co_await session.query("SELECT " MARKETDAY_PG_ORDER_COLUMNS
                                       " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no"
                                       " WHERE o.order_id = $1",
                                       order);
    auto orders = read_orders(rows);
    if (orders.empty()) co_return std::nullopt;
    co_await fetch_lines(session, orders);
    co_return std::move(orders.front());
}

std::vector<NumberedSale> read_sales(PostgresRows& rows, PostgresRows& items) {
    std::vector<NumberedSale> sales;
    std::unordered_map<std::int64_t, std::size_t> by_number;
    while (rows.step()) {
        NumberedSale& numbered = sales.emplace_back();
        numbered.number = rows.integer(0);
        by_number[numbered.number] = sales.size() - 1;
        domain::Sale& sale = numbered.sale;
        sale.id = SaleId{rows.uuid(1)};
        sale.name_json = rows.text(2);
        sale.state = static_cast<domain::SaleState>(rows.integer(3));
        sale.opens_at = from_unix_ms(rows.integer(4));
        sale.closes_at = time_or_none(rows, 5);
        sale.line.enabled = rows.integer(6) != 0;
        sale.line.draw = rows.integer(7) != 0;
        sale.line.admissions_per_s_max = rows.integer(8);
        sale.line.admission_valid = seconds{rows.integer(9)};
    }
    while (items.step()) {
        const auto found = by_number.find(items.integer(0));
        if (found == by_number.end()) continue;
        const Money price{items.integer(3), stored_currency(items.text_view(4))};
        sales[found->second].sale.items.push_back(
            {items.text(1), items.integer(2), price, items.integer(5), items.integer(6)});
    }
    return sales;
}

std::vector<domain::LedgerEntry> read_ledger(PostgresRows& rows) {
    std::vector<domain::LedgerEntry> entries;
    entries.reserve(rows.size());
    while (rows.step()) {
        domain::LedgerEntry& entry = entries.emplace_back();
        entry.sequence = rows.integer(0);
        entry.epoch = rows.integer(1);
        entry.at = from_unix_ms(rows.integer(2));
        entry.movement = static_cast<domain::Movement>(rows.integer(3));
        entry.sku = rows.text(4);
        entry.units = rows.integer(5);
        entry.order = OrderId{rows.uuid(6)};
        entry.hash = rows.hash(7);
    }
    return entries;
}

}  // namespace marketday::adapters
