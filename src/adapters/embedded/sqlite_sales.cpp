#include "adapters/embedded/sqlite_sales.hpp"

#include "adapters/embedded/sqlite_batch_facts.hpp"
#include "adapters/embedded/sqlite_outbox.hpp"
#include "adapters/stored/order_events.hpp"

namespace marketday::adapters {
namespace {

using ports::OrderBook;
using SaleAnswer = Result<domain::Sale, OrderBook::SaleRefusal>;

#define MARKETDAY_SALE_COLUMNS                                                                                \
    "sale_no, sale_id, name_json, state, opens_ms, closes_ms, line_enabled, line_draw, admissions_per_s_max," \
    " admission_valid_s"

void tell(SqliteConnection& connection, const domain::Sale& sale, const Uuid& batch, WallTime at) {
    OutboxMessageWriter events("sales", batch);
    add_sale_event(events, sale, at);
    events.write(connection, at);
}

std::optional<std::int64_t> number_of_sku(SqliteConnection& connection, const std::string& sku) {
    auto row = connection.query("SELECT sku_no FROM offers WHERE sku = ?1", sku);
    if (!row.step()) return std::nullopt;
    return row.integer(0);
}

bool is_in_running_sale(SqliteConnection& connection, std::int64_t sku_no) {
    auto row = connection.query(
        "SELECT 1 FROM sale_items i JOIN sales s ON s.sale_no = i.sale_no WHERE i.sku_no = ?1 AND s.state <> 4 LIMIT 1",
        sku_no);
    return row.step();
}

}  // namespace

SaleAnswer write_sale(SqliteConnection& connection, const domain::Sale& sale, const Uuid& batch, WallTime at) {
    if (read_sale(connection, sale.id)) return fail(OrderBook::SaleRefusal::already_exists);
    std::vector<std::int64_t> sku_numbers;
    for (const auto& item : sale.items) {
        const auto number = number_of_sku(connection, item.sku);
        if (!number) return fail(OrderBook::SaleRefusal::unknown_sku);
        if (is_in_running_sale(connection, *number)) return fail(OrderBook::SaleRefusal::in_another_sale);
        sku_numbers.push_back(*number);
    }
    const auto closes_ms = sale.closes_at ? std::optional{to_unix_ms(*sale.closes_at)} : std::nullopt;
    connection.run(
        "INSERT INTO sales (sale_id, name_json, state, opens_ms, closes_ms, line_enabled, line_draw,"
        " admissions_per_s_max, admission_valid_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        sale.id, sale.name_json, static_cast<std::int64_t>(sale.state), to_unix_ms(sale.opens_at), closes_ms,
        sale.line.enabled, sale.line.draw, sale.line.admissions_per_s_max,
        static_cast<std::int64_t>(sale.line.admission_valid.count()));
    const std::int64_t sale_no = connection.last_insert_rowid();
    for (std::size_t i = 0; i < sale.items.size(); ++i) {
        const auto& item = sale.items[i];
        connection.run(
            "INSERT INTO sale_items (sale_no, position, sku_no, units, price_minor, currency, limit_per_customer)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            sale_no, static_cast<std::int64_t>(i), sku_numbers[i], item.units, item.price.amount_minor,
            item.price.currency.code(), item.limit_per_customer);
    }
    tell(connection, sale, batch, at);
    return sale;
}

SaleAnswer write_sale_state(SqliteConnection& connection, SaleId id, domain::SaleState state, const Uuid& batch,
                            WallTime at) {
    auto sale = read_sale(connection, id);
    if (!sale) return fail(OrderBook::SaleRefusal::not_found);
    if (sale->state == state) return std::move(*sale);
    if (!domain::may_follow(sale->state, state)) return fail(OrderBook::SaleRefusal::wrong_state);
    connection.run("UPDATE sales SET state = ?2 WHERE sale_id = ?1", id, static_cast<std::int64_t>(state));
    sale->state = state;
    tell(connection, *sale, batch, at);
    return std::move(*sale);
}

std::optional<domain::Sale> read_sale(SqliteConnection& connection, SaleId sale) {
    auto row = connection.query("SELECT " MARKETDAY_SALE_COLUMNS " FROM sales WHERE sale_id = ?1", sale);
    if (!row.step()) return std::nullopt;
    return read_sale_row(connection, row);
}

std::vector<domain::Sale> read_sales(SqliteConnection& connection, std::size_t closed_max) {
    std::vector<domain::Sale> sales;
    auto live = connection.query("SELECT " MARKETDAY_SALE_COLUMNS
                                 " FROM sales WHERE state IN (1, 2, 3) ORDER BY opens_ms DESC");
    while (live.step()) sales.push_back(read_sale_row(connection, live));
    auto closed =
        connection.query("SELECT " MARKETDAY_SALE_COLUMNS " FROM sales WHERE state = 4 ORDER BY opens_ms DESC LIMIT ?1",
                         static_cast<std::int64_t>(closed_max));
    while (closed.step()) sales.push_back(read_sale_row(connection, closed));
    return sales;
}

}  // namespace marketday::adapters
