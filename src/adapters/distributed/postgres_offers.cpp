#include "adapters/distributed/postgres_offers.hpp"

#include <fmt/format.h>

#include "adapters/distributed/postgres_order_batch.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {

using ports::OrderBook;

Task<void> change_what_batches_read(PostgresSession& session) {
    co_await session.run("UPDATE ledger_head SET version = version + 1 WHERE one = 1");
}

Task<std::vector<OrderBook::Offer>> write_offers(PostgresSession& session,
                                                 const std::vector<OrderBook::Offer>& offers) {
    std::vector<OrderBook::Offer> written = offers;
    if (offers.empty()) co_return written;
    co_await change_what_batches_read(session);
    std::vector<PostgresStatement> statements;
    for (const auto& offer : offers) {
        const auto minor = offer.price ? std::optional{offer.price->amount_minor} : std::nullopt;
        const auto currency = offer.price ? std::optional{std::string{offer.price->currency.code()}} : std::nullopt;
        statements.push_back(PostgresSession::statement(
            "INSERT INTO offers AS o (sku, price_minor, currency, hidden, weight_g) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (sku) DO UPDATE SET version = o.version + CASE WHEN o.price_minor IS DISTINCT FROM"
            " excluded.price_minor OR o.currency IS DISTINCT FROM excluded.currency THEN 1 ELSE 0 END,"
            " price_minor = excluded.price_minor, currency = excluded.currency, hidden = excluded.hidden,"
            " weight_g = excluded.weight_g RETURNING version",
            offer.sku, minor, currency, offer.hidden, offer.weight_g));
        statements.push_back(PostgresSession::statement(
            "INSERT INTO stock (sku_no) SELECT sku_no FROM offers WHERE sku = $1 ON CONFLICT DO NOTHING", offer.sku));
    }
    auto answers = co_await session.query_all(std::move(statements));
    for (std::size_t i = 0; i < written.size(); ++i) {
        PostgresRows& row = answers[2 * i];
        if (!row.step()) throw PostgresError(PostgresError::Kind::broken, "", "an offer gave no row");
        written[i].version = row.integer(0);
    }
    co_return written;
}

namespace {

using StockAnswer = Result<domain::Receipt, OrderBook::StockRefusal>;

/// All or none: the receipt of the first.
Task<StockAnswer> move_stock(PostgresSession& session, const std::vector<OrderBook::StockChange>& changes,
                             WallTime at) {
    PostgresArray skus{PostgresArray::Of::texts};
    for (const auto& change : changes) skus.add(change.sku);
    std::vector<PostgresStatement> questions;
    questions.push_back(select_head(true));
    questions.push_back(select_skus(skus.take()));
    auto answers = co_await session.query_all(std::move(questions));
    PostgresOrderFacts facts;
    facts.take_skus(answers[1]);
    PostgresOrderBatch batch(read_head(answers[0]), facts);
    std::optional<domain::Receipt> first;
    for (const auto& change : changes) {
        MD_ASSERT(change.movement == domain::Movement::receive || change.movement == domain::Movement::withdraw);
        domain::SkuFacts* sku = facts.sku(change.sku);
        if (sku == nullptr) co_return fail(OrderBook::StockRefusal::unknown_sku);
        if (!domain::apply(sku->level, change.movement, change.units))
            co_return fail(OrderBook::StockRefusal::not_enough);
        const auto receipt = batch.append({.at = at,
                                           .movement = change.movement,
                                           .sku = change.sku,
                                           .units = change.units,
                                           .order = {},
                                           .reason = change.reason});
        if (!first) first = receipt;
    }
    const EventMessage nothing{"stock", Uuid{}};
    std::vector<PostgresStatement> one;
    one.push_back(batch.statement(nothing, at));
    co_await session.query_all(std::move(one));
    co_return *first;
}

}  // namespace

Task<StockAnswer> write_stock_change(PostgresSession& session, const OrderBook::StockChange& change, WallTime at) {
    const std::vector<OrderBook::StockChange> one{change};
    auto moved = co_await move_stock(session, one, at);
    co_return moved;
}

Task<void> receive_stock(PostgresSession& session, const std::vector<OrderBook::StockChange>& changes, WallTime at) {
    if (changes.empty()) co_return;
    const auto moved = co_await move_stock(session, changes, at);
    if (!moved)
        throw PostgresError(PostgresError::Kind::broken, "",
                            fmt::format("cannot receive the first stock of {} SKUs", changes.size()));
}

}  // namespace marketday::adapters
