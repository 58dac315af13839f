#include "adapters/distributed/postgres_offers.hpp"
#include "adapters/distributed/postgres_order_facts.hpp"
#include "adapters/stored/order_events.hpp"

namespace marketday::adapters {
namespace {

using ports::OrderBook;
using SaleAnswer = Result<domain::Sale, OrderBook::SaleRefusal>;

Task<void> tell(PostgresSession& session, const domain::Sale& sale, const Uuid& batch, WallTime at) {
    EventMessage events{"sales", batch};
    add_sale_event(events, sale, at);
    auto last =
        PostgresSession::statement("SELECT add_outbox($1, $2, $3)", to_unix_ms(at), events.topic(), events.text());
    co_await session.finish_with(std::move(last));
}

/// The numbers of a sale's SKUs, or why it cannot have them.
Task<Result<std::vector<std::int64_t>, OrderBook::SaleRefusal>> free_skus(PostgresSession& session,
                                                                          const domain::Sale& sale) {
    PostgresArray skus{PostgresArray::Of::texts};
    for (const auto& item : sale.items) skus.add(item.sku);
    std::vector<PostgresStatement> one;
    one.push_back(select_skus(skus.take()));
    auto answers = co_await session.query_all(std::move(one));
    PostgresOrderFacts facts;
    facts.take_skus(answers.front());
    std::vector<std::int64_t> numbers;
    for (const auto& item : sale.items) {
        const domain::SkuFacts* sku = facts.sku(item.sku);
        if (sku == nullptr) co_return fail(OrderBook::SaleRefusal::unknown_sku);
        if (sku->only_in_sale) co_return fail(OrderBook::SaleRefusal::in_another_sale);
        numbers.push_back(facts.sku_no(item.sku));
    }
    co_return numbers;
}

}  // namespace

Task<std::optional<domain::Sale>> find_sale(PostgresSession& session, SaleId sale) {
    PostgresArray one{PostgresArray::Of::uuids};
    one.add(sale);
    const PostgresValue id = one.take();
    std::vector<PostgresStatement> questions;
    questions.push_back(select_sales(id));
    questions.push_back(select_items(id));
    auto answers = co_await session.query_all(std::move(questions));
    auto sales = read_sales(answers[0], answers[1]);
    if (sales.empty()) co_return std::nullopt;
    co_return std::move(sales.front().sale);
}

Task<SaleAnswer> write_sale(PostgresSession& session, const domain::Sale& sale, const Uuid& batch, WallTime at) {
    co_await change_what_batches_read(session);
    const auto existing = co_await find_sale(session, sale.id);
    if (existing) co_return fail(OrderBook::SaleRefusal::already_exists);
    const auto numbers = co_await free_skus(session, sale);
    if (!numbers) co_return fail(numbers.error());
    const auto closes_ms = sale.closes_at ? std::optional{to_unix_ms(*sale.closes_at)} : std::nullopt;
    auto made = co_await session.query(
        "INSERT INTO sales (sale_id, name_json, state, opens_ms, closes_ms, line_enabled, line_draw,"
        " admissions_per_s_max, admission_valid_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING sale_no",
        sale.id, sale.name_json, static_cast<std::int64_t>(sale.state), to_unix_ms(sale.opens_at), closes_ms,
        sale.line.enabled, sale.line.draw, sale.line.admissions_per_s_max,
        static_cast<std::int64_t>(sale.line.admission_valid.count()));
    made.step();
    const std::int64_t sale_no = made.integer(0);
    std::vector<PostgresStatement> items;
    for (std::size_t i = 0; i < sale.items.size(); ++i) {
        const auto& item = sale.items[i];
        items.push_back(PostgresSession::statement(
            "INSERT INTO sale_items (sale_no, position, sku_no, units, price_minor, currency, limit_per_customer)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            sale_no, static_cast<std::int64_t>(i), (*numbers)[i], item.units, item.price.amount_minor,
            item.price.currency.code(), item.limit_per_customer));
    }
    co_await session.query_all(std::move(items));
    co_await tell(session, sale, batch, at);
    co_return sale;
}

Task<SaleAnswer> write_sale_state(PostgresSession& session, SaleId id, domain::SaleState state, const Uuid& batch,
                                  WallTime at) {
    co_await change_what_batches_read(session);
    auto sale = co_await find_sale(session, id);
    if (!sale) co_return fail(OrderBook::SaleRefusal::not_found);
    if (sale->state == state) co_return std::move(*sale);
    if (!domain::may_follow(sale->state, state)) co_return fail(OrderBook::SaleRefusal::wrong_state);
    co_await session.run("UPDATE sales SET state = $2 WHERE sale_id = $1", id, static_cast<std::int64_t>(state));
    sale->state = state;
    co_await tell(session, *sale, batch, at);
    co_return std::move(*sale);
}

}  // namespace marketday::adapters
