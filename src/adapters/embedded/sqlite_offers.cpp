#include "adapters/embedded/sqlite_offers.hpp"

#include <fmt/format.h>

#include "adapters/embedded/sqlite_ledger.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {

using ports::OrderBook;

namespace {

struct StockRow {
    std::int64_t sku_no = 0;
    domain::StockLevel level;
};

std::optional<StockRow> find_stock_row(SqliteConnection& connection, std::string_view sku) {
    auto row = connection.query(
        "SELECT o.sku_no, s.received, s.available, s.reserved, s.sold, s.in_transfer, s.withdrawn"
        " FROM offers o LEFT JOIN stock s ON s.sku_no = o.sku_no WHERE o.sku = ?1",
        sku);
    if (!row.step()) return std::nullopt;
    return StockRow{row.integer(0),
                    {row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5), row.integer(6)}};
}

}  // namespace

std::vector<OrderBook::Offer> write_offers(SqliteConnection& connection, const std::vector<OrderBook::Offer>& offers) {
    std::vector<OrderBook::Offer> written = offers;
    for (auto& offer : written) {
        const auto minor = offer.price ? std::optional{offer.price->amount_minor} : std::nullopt;
        const auto currency = offer.price ? std::optional{offer.price->currency.code()} : std::nullopt;
        auto row = connection.query(
            "INSERT INTO offers (sku, price_minor, currency, hidden, weight_g) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (sku) DO UPDATE SET"
            " version = version + (price_minor IS NOT excluded.price_minor OR currency IS NOT excluded.currency),"
            " price_minor = excluded.price_minor, currency = excluded.currency, hidden = excluded.hidden,"
            " weight_g = excluded.weight_g RETURNING version, sku_no",
            offer.sku, minor, currency, offer.hidden, offer.weight_g);
        if (!row.step()) throw SqliteError{SQLITE_INTERNAL, "an offer gave no row"};
        offer.version = row.integer(0);
        const std::int64_t sku_no = row.integer(1);
        row.run();
        connection.run("INSERT INTO stock (sku_no) VALUES (?1) ON CONFLICT DO NOTHING", sku_no);
    }
    return written;
}

Result<domain::Receipt, OrderBook::StockRefusal> write_stock_change(SqliteConnection& connection,
                                                                    const OrderBook::StockChange& change, WallTime at) {
    MD_ASSERT(change.movement == domain::Movement::receive || change.movement == domain::Movement::withdraw);
    auto row = find_stock_row(connection, change.sku);
    if (!row) return fail(OrderBook::StockRefusal::unknown_sku);
    if (!domain::apply(row->level, change.movement, change.units)) return fail(OrderBook::StockRefusal::not_enough);
    connection.run("UPDATE stock SET received = ?2, available = ?3, withdrawn = ?4 WHERE sku_no = ?1", row->sku_no,
                   row->level.received, row->level.available, row->level.withdrawn);
    LedgerAppender ledger(connection);
    const domain::Receipt receipt = ledger.append({.at = at,
                                                   .movement = change.movement,
                                                   .sku_no = row->sku_no,
                                                   .sku = change.sku,
                                                   .units = change.units,
                                                   .order = {},
                                                   .reason = change.reason});
    ledger.write();
    return receipt;
}

void receive_stock(SqliteConnection& connection, std::string_view sku, std::int64_t units, std::string_view reason,
                   WallTime at) {
    const OrderBook::StockChange change{std::string{sku}, domain::Movement::receive, units, std::string{reason}};
    if (!write_stock_change(connection, change, at))
        throw SqliteError{SQLITE_CONSTRAINT, fmt::format("cannot receive {} units of {}", units, sku)};
}

std::optional<OrderBook::Offer> read_offer(SqliteConnection& connection, std::string_view sku) {
    auto row =
        connection.query("SELECT price_minor, currency, hidden, weight_g, version FROM offers WHERE sku = ?1", sku);
    if (!row.step()) return std::nullopt;
    OrderBook::Offer offer;
    offer.sku = sku;
    if (!row.is_null(0)) {
        const auto currency = Currency::parse(row.text_view(1));
        if (!currency) throw SqliteError{SQLITE_CORRUPT, fmt::format("offer {} has no currency", sku)};
        offer.price = Money{row.integer(0), *currency};
    }
    offer.hidden = row.integer(2) != 0;
    offer.weight_g = row.integer(3);
    offer.version = row.integer(4);
    return offer;
}

std::optional<domain::StockLevel> read_stock(SqliteConnection& connection, std::string_view sku) {
    const auto row = find_stock_row(connection, sku);
    return row ? std::optional{row->level} : std::nullopt;
}

}  // namespace marketday::adapters
