#include "adapters/distributed/postgres_order_book.hpp"

#include <algorithm>

#include "adapters/distributed/postgres_offers.hpp"
#include "adapters/distributed/postgres_order_batch.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using domain::Order;
using ports::OrderBook;
using Priority = PostgresDatabase::Priority;
using Error = OrderBook::Error;

constexpr Uuid kAfterAll{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};

using Verdicts = std::vector<domain::Verdict>;
using StepVerdicts = std::vector<domain::StepVerdict>;

/// A page of orders, newest first; the filter that narrows most leads, and has an index that ends with the id.
Task<std::vector<Order>> list_orders(PostgresSession& session, const OrderBook::OrderQuery& query) {
    const Uuid before = query.before ? query.before->uuid : kAfterAll;
    const Uuid from = query.from ? query.from->uuid : Uuid{};
    const auto state = query.state ? std::optional{static_cast<std::int64_t>(*query.state)} : std::nullopt;
    const auto limit = static_cast<std::int64_t>(query.orders_max);
    PostgresStatement page;
    if (query.customer)
        page = PostgresSession::statement(
            "SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id < $1 AND o.order_id >= $2"
            " AND o.customer_id = $4 AND ($5::bigint IS NULL OR o.state = $5) AND ($6::uuid IS NULL OR s.sale_id = $6)"
            " ORDER BY o.order_id DESC LIMIT $3",
            before, from, limit, *query.customer, state, query.sale);
    else if (query.sale)
        page = PostgresSession::statement(
            "SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id < $1 AND o.order_id >= $2"
            " AND o.sale_no = (SELECT n.sale_no FROM sales n WHERE n.sale_id = $4)"
            " AND ($5::bigint IS NULL OR o.state = $5) ORDER BY o.order_id DESC LIMIT $3",
            before, from, limit, *query.sale, state);
    // Those that hold units now are all looked at and put in order: there are never more than are being bought.
    else if (query.state == domain::OrderState::reserved)
        page = PostgresSession::statement(
            "WITH held AS MATERIALIZED (SELECT order_id FROM orders WHERE state = 1 AND hold_ms >= 0 AND order_id < $1"
            " AND order_id >= $2) SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id IN"
            " (SELECT h.order_id FROM held h ORDER BY h.order_id DESC LIMIT $3) ORDER BY o.order_id DESC",
            before, from, limit);
    else if (query.state == domain::OrderState::paying)
        page = PostgresSession::statement(
            "WITH held AS MATERIALIZED (SELECT order_id FROM orders WHERE state = 2 AND updated_ms >= 0 AND order_id < "
            "$1"
            " AND order_id >= $2) SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id IN"
            " (SELECT h.order_id FROM held h ORDER BY h.order_id DESC LIMIT $3) ORDER BY o.order_id DESC",
            before, from, limit);
    else if (query.state)
        page = PostgresSession::statement(
            "SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id < $1 AND o.order_id >= $2"
            " AND o.state > 2 AND o.state = $4 ORDER BY o.order_id DESC LIMIT $3",
            before, from, limit, *state);
    else
        page = PostgresSession::statement(
            "SELECT " MARKETDAY_PG_ORDER_COLUMNS
            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id < $1 AND o.order_id >= $2"
            " ORDER BY o.order_id DESC LIMIT $3",
            before, from, limit);
    std::vector<PostgresStatement> one;
    one.push_back(std::move(page));
    auto answers = co_await session.query_all(std::move(one));
    auto orders = read_orders(answers.front());
    co_await fetch_lines(session, orders);
    co_return orders;
}

Task<std::vector<domain::LedgerEntry>> ledger_entries_of(PostgresSession& session, OrderId order) {
    auto first = co_await session.query(
        "SELECT " MARKETDAY_PG_LEDGER_COLUMNS
        " FROM orders o JOIN ledger l ON l.sequence >= o.receipt_seq AND l.sequence < o.receipt_seq +"
        " (SELECT count(*) FROM order_lines n WHERE n.order_id = o.order_id)"
        " JOIN offers f ON f.sku_no = l.sku_no WHERE o.order_id = $1 ORDER BY l.sequence",
        order);
    auto later = co_await session.query(
        "SELECT " MARKETDAY_PG_LEDGER_COLUMNS
        " FROM ledger_of_orders p JOIN ledger l ON l.sequence = p.sequence JOIN offers f ON f.sku_no = l.sku_no"
        " WHERE p.order_id = $1 ORDER BY p.sequence",
        order);
    auto entries = read_ledger(first);
    for (auto& entry : read_ledger(later)) entries.push_back(std::move(entry));
    co_return entries;
}

Task<std::vector<domain::Sale>> all_sales(PostgresSession& session, const std::size_t& closed_max) {
    const auto most = static_cast<std::int64_t>(closed_max);
    std::vector<PostgresStatement> questions;
    questions.push_back(PostgresSession::statement(
        "SELECT " MARKETDAY_PG_SALE_COLUMNS " FROM sales s WHERE s.state IN (1, 2, 3) ORDER BY s.opens_ms DESC"));
    questions.push_back(PostgresSession::statement("SELECT " MARKETDAY_PG_ITEM_COLUMNS
                                                   " FROM sales s JOIN sale_items i ON i.sale_no = s.sale_no"
                                                   " JOIN offers o ON o.sku_no = i.sku_no WHERE s.state IN (1, 2, 3)"
                                                   " ORDER BY i.sale_no, i.position"));
    questions.push_back(PostgresSession::statement(
        "SELECT " MARKETDAY_PG_SALE_COLUMNS " FROM sales s WHERE s.state = 4 ORDER BY s.opens_ms DESC LIMIT $1", most));
    questions.push_back(PostgresSession::statement(
        "SELECT " MARKETDAY_PG_ITEM_COLUMNS
        " FROM sale_items i JOIN offers o ON o.sku_no = i.sku_no WHERE i.sale_no IN"
        " (SELECT s.sale_no FROM sales s WHERE s.state = 4 ORDER BY s.opens_ms DESC LIMIT $1)"
        " ORDER BY i.sale_no, i.position",
        most));
    auto answers = co_await session.query_all(std::move(questions));
    std::vector<domain::Sale> sales;
    for (auto& numbered : read_sales(answers[0], answers[1])) sales.push_back(std::move(numbered.sale));
    for (auto& numbered : read_sales(answers[2], answers[3])) sales.push_back(std::move(numbered.sale));
    co_return sales;
}

/// Levels, or offers, of SKUs by code.
Task<PostgresOrderFacts> facts_of(PostgresSession& session, const std::vector<domain::SkuCode>& skus) {
    PostgresArray codes{PostgresArray::Of::texts};
    for (const auto& sku : skus) codes.add(sku);
    std::vector<PostgresStatement> one;
    one.push_back(select_skus(codes.take()));
    auto answers = co_await session.query_all(std::move(one));
    PostgresOrderFacts facts;
    facts.take_skus(answers.front());
    co_return facts;
}

// A place is a key's own: 16 bytes of the customer, then the key.
Task<OrderBook::KeysForgotten> forget_slice(PostgresSession& session, const WallTime& before,
                                            const std::optional<std::string>& place, const std::size_t& records_max) {
    Uuid customer{};
    std::string key;
    if (place && place->size() >= 16) {
        std::copy_n(place->begin(), 16, customer.bytes.begin());
        key = place->substr(16);
    }
    auto rows = co_await session.query(
        "SELECT customer_id, key, at_ms FROM idempotency_keys WHERE (customer_id, key) > ($1, $2)"
        " ORDER BY customer_id, key LIMIT $3",
        customer, key, static_cast<std::int64_t>(records_max));
    OrderBook::KeysForgotten forgotten;
    PostgresArray customers{PostgresArray::Of::uuids};
    PostgresArray keys{PostgresArray::Of::texts};
    std::size_t seen = 0;
    while (rows.step()) {
        if (++seen == records_max) {
            const Uuid last = rows.uuid(0);
            forgotten.next = std::string(last.bytes.begin(), last.bytes.end()) + rows.text(1);
        }
        if (rows.integer(2) < to_unix_ms(before)) customers.add(rows.uuid(0)), keys.add(rows.text_view(1));
    }
    if (keys.empty()) co_return forgotten;
    // Meanwhile one may have been forgotten, and used again for something new.
    const auto of_customers = customers.take();
    const auto of_keys = keys.take();
    const auto changed = co_await session.run(
        "DELETE FROM idempotency_keys k USING unnest($1::uuid[], $2::text[]) AS a (customer, key)"
        " WHERE k.customer_id = a.customer AND k.key = a.key AND k.at_ms < $3",
        of_customers, of_keys, to_unix_ms(before));
    forgotten.keys = static_cast<std::size_t>(changed);
    co_return forgotten;
}

class PostgresOrderBook final : public OrderBook {
public:
    PostgresOrderBook(PostgresDatabase& database, ShopTerms terms, const Clock& clock, UuidSource& uuids)
        : database_(database), terms_(terms), clock_(clock), uuids_(uuids) {}

    Answer<Verdicts> place(const std::vector<domain::OrderRequest>& requests) override {
        MD_ASSERT(!requests.empty() && requests.size() <= kBatchOrdersMax);
        const Uuid batch = uuids_.next(0);
        PostgresOrderTurns* const turns = &turns_;
        auto quick = co_await database_.single(Priority::shoppers, &place_quickly, turns, terms_, batch, requests);
        if (!quick) co_return fail(to_port<Error>(std::move(quick)).error());
        if (*quick) co_return std::move(**quick);
        auto surely = co_await database_.write(Priority::shoppers, &place_surely, turns, terms_, batch, requests);
        co_return to_port<Error>(std::move(surely));
    }

    Answer<StepVerdicts> advance(std::vector<domain::OrderStep> steps) override {
        MD_ASSERT(!steps.empty() && steps.size() <= kBatchOrdersMax);
        const Uuid batch = uuids_.next(0);
        PostgresOrderTurns* const turns = &turns_;
        auto quick = co_await database_.single(Priority::shoppers, &step_quickly, turns, batch, steps);
        if (!quick) co_return fail(to_port<Error>(std::move(quick)).error());
        if (*quick) co_return std::move(**quick);
        auto surely = co_await database_.write(Priority::shoppers, &step_surely, turns, batch, steps);
        co_return to_port<Error>(std::move(surely));
    }

    Answer<std::optional<Order>> find(OrderId order, ports::Freshness freshness) override {
        auto found = co_await database_.read_at(freshness, &find_order, order);
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<Order>> list(OrderQuery query) override {
        auto found = co_await database_.read_snapshot_at(query.freshness, &list_orders, query);
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<OrderId>> overdue(WallTime now, std::size_t orders_max) override {
        auto found = co_await database_.read(
            [](PostgresSession& session, const std::int64_t& now_ms,
               const std::int64_t& most) -> Task<std::vector<OrderId>> {
                auto rows = co_await session.query(
                    "SELECT order_id FROM orders WHERE state = 1 AND hold_ms <= $1 ORDER BY hold_ms LIMIT $2", now_ms,
                    most);
                std::vector<OrderId> orders;
                while (rows.step()) orders.push_back(OrderId{rows.uuid(0)});
                co_return orders;
            },
            to_unix_ms(now), static_cast<std::int64_t>(orders_max));
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<Order>> paying_since(WallTime before, std::size_t orders_max) override {
        auto found = co_await database_.read_snapshot(
            [](PostgresSession& session, const std::int64_t& before_ms,
               const std::int64_t& most) -> Task<std::vector<Order>> {
                auto rows = co_await session.query("SELECT " MARKETDAY_PG_ORDER_COLUMNS
                                                   " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no"
                                                   " WHERE o.state = 2 AND o.updated_ms <= $1"
                                                   " ORDER BY o.updated_ms LIMIT $2",
                                                   before_ms, most);
                auto orders = read_orders(rows);
                co_await fetch_lines(session, orders);
                co_return orders;
            },
            to_unix_ms(before), static_cast<std::int64_t>(orders_max));
        co_return to_port<Error>(std::move(found));
    }

    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange change) override {
        const WallTime at = clock_.wall_now();
        auto written = co_await database_.write(
            Priority::operators,
            [](PostgresSession& session, const StockChange& one, const WallTime& when) {
                return write_stock_change(session, one, when);
            },
            change, at);
        co_return to_port<Error>(std::move(written));
    }

    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus,
                                                                 ports::Freshness freshness) override {
        auto found = co_await database_.read_at(freshness, &facts_of, skus);
        if (!found) co_return fail(to_port<Error>(std::move(found)).error());
        std::vector<std::optional<domain::StockLevel>> levels;
        for (const auto& sku : skus) {
            const domain::SkuFacts* facts = found->sku(sku);
            levels.push_back(facts == nullptr ? std::nullopt : std::optional{facts->level});
        }
        co_return levels;
    }

    Answer<std::vector<Offer>> set_offers(std::vector<Offer> offers_to_set) override {
        auto written = co_await database_.write(Priority::operators, &write_offers, offers_to_set);
        co_return to_port<Error>(std::move(written));
    }

    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode> skus) override {
        auto found = co_await database_.read(&facts_of, skus);
        if (!found) co_return fail(to_port<Error>(std::move(found)).error());
        std::vector<std::optional<Offer>> known;
        for (const auto& sku : skus) {
            const domain::SkuFacts* facts = found->sku(sku);
            if (facts == nullptr)
                known.emplace_back();
            else
                known.push_back(Offer{sku, facts->price, facts->hidden, facts->weight_g, facts->version});
        }
        co_return known;
    }

    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale sale) override {
        const Uuid batch = uuids_.next(0);
        auto written = co_await database_.write(
            Priority::operators,
            [](PostgresSession& session, const domain::Sale& made, const Uuid& message, const WallTime& at) {
                return write_sale(session, made, message, at);
            },
            sale, batch, clock_.wall_now());
        co_return to_port<Error>(std::move(written));
    }

    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId sale, domain::SaleState state,
                                                             WallTime at) override {
        const Uuid batch = uuids_.next(0);
        auto written = co_await database_.write(
            Priority::operators,
            [](PostgresSession& session, const SaleId& id, const domain::SaleState& next, const Uuid& message,
               const WallTime& when) { return write_sale_state(session, id, next, message, when); },
            sale, state, batch, at);
        co_return to_port<Error>(std::move(written));
    }

    Answer<std::optional<domain::Sale>> find_sale(SaleId sale, ports::Freshness freshness) override {
        auto found = co_await database_.read_snapshot_at(freshness, &adapters::find_sale, sale);
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override {
        auto found = co_await database_.read_snapshot(&all_sales, closed_max);
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t sequence, std::size_t entries_max) override {
        auto found = co_await database_.read(
            [](PostgresSession& session, const std::int64_t& after,
               const std::int64_t& most) -> Task<std::vector<domain::LedgerEntry>> {
                auto rows = co_await session.query("SELECT " MARKETDAY_PG_LEDGER_COLUMNS
                                                   " FROM ledger l JOIN offers f ON f.sku_no = l.sku_no"
                                                   " WHERE l.sequence > $1 ORDER BY l.sequence LIMIT $2",
                                                   after, most);
                co_return read_ledger(rows);
            },
            sequence, static_cast<std::int64_t>(entries_max));
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId order) override {
        auto found = co_await database_.read_snapshot(&ledger_entries_of, order);
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::vector<OutboxMessage>> outbox(std::int64_t after_position, std::size_t messages_max) override {
        auto found = co_await database_.read(
            [](PostgresSession& session, const std::int64_t& after,
               const std::int64_t& most) -> Task<std::vector<OutboxMessage>> {
                auto rows = co_await session.query(
                    "SELECT position, topic, events FROM outbox WHERE sent = 0 AND position > $1 ORDER BY position"
                    " LIMIT $2",
                    after, most);
                std::vector<OutboxMessage> messages;
                while (rows.step()) messages.push_back({rows.integer(0), rows.text(1), rows.text(2)});
                co_return messages;
            },
            after_position, static_cast<std::int64_t>(messages_max));
        co_return to_port<Error>(std::move(found));
    }

    Answer<std::monostate> outbox_sent(std::int64_t up_to_position) override {
        auto written = co_await database_.write(
            Priority::shoppers,
            [](PostgresSession& session, const std::int64_t& up_to) -> Task<std::monostate> {
                co_await session.run("UPDATE outbox SET sent = 1 WHERE sent = 0 AND position <= $1", up_to);
                co_return std::monostate{};
            },
            up_to_position);
        co_return to_port<Error>(std::move(written));
    }

    Answer<std::size_t> forget_outbox(WallTime before, std::size_t messages_max) override {
        auto written = co_await database_.write(
            Priority::shoppers,
            [](PostgresSession& session, const std::int64_t& before_ms, const std::int64_t& most) -> Task<std::size_t> {
                // Messages come in the order of time, so the rest is younger than these.
                const auto changed = co_await session.run(
                    "DELETE FROM outbox WHERE position IN (SELECT m.position FROM"
                    " (SELECT position, at_ms, sent FROM outbox ORDER BY position LIMIT $2) m"
                    " WHERE m.sent = 1 AND m.at_ms < $1)",
                    before_ms, most);
                co_return static_cast<std::size_t>(changed);
            },
            to_unix_ms(before), static_cast<std::int64_t>(messages_max));
        co_return to_port<Error>(std::move(written));
    }

    Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place,
                                      std::size_t records_max) override {
        MD_ASSERT(records_max > 0 && records_max <= kBatchOrdersMax);
        auto written = co_await database_.write(Priority::shoppers, &forget_slice, before, place, records_max);
        co_return to_port<Error>(std::move(written));
    }

private:
    using Turns = PostgresOrderTurns;

    /// Nothing when others were first, again and again.
    static Task<std::optional<Verdicts>> place_quickly(PostgresSession& session, Turns* const& turns,
                                                       const ShopTerms& terms, const Uuid& batch,
                                                       const std::vector<domain::OrderRequest>& requests) {
        PostgresOrderMemory& memory = turns->memory();
        for (int losses = 0; losses < kLossesMax;) {
            DecidedOrders decided;
            std::optional<Turns::Sent> sent;
            {
                const auto turn = co_await turns->take(session.deadline());
                decided = co_await decide_orders(session, false, *turns, terms, batch, requests);
                if (decided.last) sent.emplace(*turns);
            }
            try {
                // The next batch is decided while this one is written.
                if (decided.last) co_await session.commit_with(std::move(*decided.last));
                memory.batch_ended();
                co_return std::move(decided.verdicts);
            } catch (const PostgresError& error) {
                memory.forget();
                learn_from(error, session, memory), ++losses;
            } catch (...) {
                memory.forget();
                throw;
            }
        }
        co_return std::nullopt;
    }
    static Task<Verdicts> place_surely(PostgresSession& session, Turns* const& turns, const ShopTerms& terms,
                                       const Uuid& batch, const std::vector<domain::OrderRequest>& requests) {
        const auto turn = co_await turns->take(session.deadline());
        co_await turns->all_answered(session.deadline());
        try {
            auto decided = co_await decide_orders(session, true, *turns, terms, batch, requests);
            if (decided.last) co_await session.finish_with(std::move(*decided.last));
            co_await session.finish();  // when there was nothing to write
            co_return std::move(decided.verdicts);
        } catch (...) {
            turns->memory().forget();
            throw;
        }
    }
    static Task<std::optional<StepVerdicts>> step_quickly(PostgresSession& session, Turns* const& turns,
                                                          const Uuid& batch,
                                                          const std::vector<domain::OrderStep>& steps) {
        const auto turn = co_await turns->take(session.deadline());
        co_await turns->all_answered(session.deadline());
        for (int losses = 0; losses < kLossesMax;) {
            try {
                auto verdicts = co_await take_steps(session, false, turns->memory(), batch, steps);
                co_return verdicts;
            } catch (const PostgresError& error) {
                learn_from(error, session, turns->memory()), ++losses;
            }
        }
        co_return std::nullopt;
    }
    static Task<StepVerdicts> step_surely(PostgresSession& session, Turns* const& turns, const Uuid& batch,
                                          const std::vector<domain::OrderStep>& steps) {
        const auto turn = co_await turns->take(session.deadline());
        co_await turns->all_answered(session.deadline());
        auto verdicts = co_await take_steps(session, true, turns->memory(), batch, steps);
        co_await session.finish();  // when there was nothing to write
        co_return verdicts;
    }
    /// Within a handler. Returns when nothing was written since others were first, or since a customer is not as new as
    /// he was taken for; rethrows everything else.
    static void learn_from(const PostgresError& error, PostgresSession& session, PostgresOrderMemory& memory) {
        if (error.state != kAlreadyThere && error.state != kOthersWereFirst) throw;
        if (!session.connection().usable()) throw;  // refused, and ended before it could say that it is ready again
        if (error.state == kAlreadyThere) memory.was_surprised();
        session.nothing_committed();
    }
    static constexpr int kLossesMax = 4;

    PostgresDatabase& database_;
    ShopTerms terms_;
    const Clock& clock_;
    UuidSource& uuids_;
    PostgresOrderTurns turns_;  // of the database's executor
};

}  // namespace

std::unique_ptr<OrderBook> make_postgres_order_book(PostgresDatabase& database, ShopTerms terms, const Clock& clock,
                                                    UuidSource& uuids) {
    return std::make_unique<PostgresOrderBook>(database, terms, clock, uuids);
}

}  // namespace marketday::adapters
