#include "adapters/embedded/sqlite_order_book.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include "adapters/embedded/sqlite_batch_facts.hpp"
#include "adapters/embedded/sqlite_forgetting.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_offers.hpp"
#include "adapters/embedded/sqlite_order_rows.hpp"
#include "adapters/embedded/sqlite_outbox.hpp"
#include "adapters/embedded/sqlite_sales.hpp"
#include "base/assert.hpp"

namespace marketday::adapters {
namespace {

using domain::Order;
using ports::OrderBook;
using Priority = SqliteDatabase::Priority;

OrderBook::Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return OrderBook::Error::unavailable;
        case StoreFailure::outcome_unknown: return OrderBook::Error::outcome_unknown;
    }
    return OrderBook::Error::outcome_unknown;
}

template <class T>
Result<T, OrderBook::Error> answer(SqliteDatabase::Written<T> written) {
    if (!written) return fail(to_port_error(written.error()));
    return std::move(*written);
}

std::vector<Order> read_orders(SqliteConnection& connection, SqliteQuery& rows) {
    std::vector<Order> orders;
    while (rows.step()) orders.push_back(read_order_row(connection, rows));
    return orders;
}

/// `recent`: orders that the customer's list in the tree may not have yet.
std::vector<Order> list_of_customer(SqliteConnection& connection, const OrderBook::OrderQuery& query,
                                    std::vector<OrderId> recent) {
    std::vector<Order> orders;
    const Uuid before = query.before
                            ? query.before->uuid
                            : Uuid{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    std::erase_if(recent, [&before](const OrderId& order) { return order.uuid >= before; });
    std::ranges::sort(recent, std::greater{});
    auto keys = connection.query(
        "SELECT key FROM customer_records WHERE customer_id = ?1 AND kind = 3 AND key < ?2 ORDER BY key DESC",
        *query.customer, before);
    // Both lists run from the newest; an order may stand in both.
    auto next_recent = recent.begin();
    bool more_keys = keys.step();
    while (orders.size() < query.orders_max && (more_keys || next_recent != recent.end())) {
        OrderId id = more_keys ? OrderId{keys.uuid(0)} : *next_recent;
        if (next_recent != recent.end() && *next_recent >= id) id = *next_recent;
        if (query.from && id < *query.from) break;
        if (more_keys && OrderId{keys.uuid(0)} == id) more_keys = keys.step();
        while (next_recent != recent.end() && *next_recent == id) ++next_recent;
        auto order = read_order(connection, id);
        if (!order) continue;
        const bool wanted =
            (!query.state || order->state == *query.state) && (!query.sale || order->sale == query.sale);
        if (wanted) orders.push_back(std::move(*order));
    }
    return orders;
}

struct OrderRange {
    Uuid before;
    Uuid from;
    std::optional<SaleId> sale;
    std::int64_t orders_max = 0;
};

/// Walks the primary key from the newest, and the page ends it.
SqliteQuery orders_of_any_state(SqliteConnection& connection, const OrderRange& range) {
    return connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id < ?1"
                            " AND o.order_id >= ?3 ORDER BY o.order_id DESC LIMIT ?2",
                            range.before, range.orders_max, range.from);
}

/// Orders of a state in which they hold nothing more: a few of them may lie years apart.
SqliteQuery orders_of_state(SqliteConnection& connection, const OrderRange& range, domain::OrderState state) {
    return connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                            " FROM orders o INDEXED BY orders_by_state LEFT JOIN sales s ON s.sale_no = o.sale_no"
                            " WHERE o.state > 2 AND o.state = ?4 AND o.order_id < ?1 AND o.order_id >= ?3"
                            " ORDER BY o.order_id DESC LIMIT ?2",
                            range.before, range.orders_max, range.from, static_cast<std::int64_t>(state));
}

/// Of one sale, however long ago it was; with `state` no more is looked at than the sale's own orders.
SqliteQuery settled_orders_of_sale(SqliteConnection& connection, const OrderRange& range,
                                   std::optional<std::int64_t> state) {
    return connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                            " FROM orders o INDEXED BY orders_of_sales LEFT JOIN sales s ON s.sale_no = o.sale_no"
                            " WHERE o.state > 2 AND o.sale_no = (SELECT n.sale_no FROM sales n WHERE n.sale_id = ?2)"
                            " AND o.order_id < ?1 AND o.order_id >= ?4 AND (?5 IS NULL OR o.state = ?5)"
                            " ORDER BY o.order_id DESC LIMIT ?3",
                            range.before, range.sale, range.orders_max, range.from, state);
}

/// Those that hold units now are all looked at and put in order: there are never more than are being bought.
SqliteQuery reserved_orders(SqliteConnection& connection, const OrderRange& range) {
    return connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id IN"
                            " (SELECT order_id FROM orders INDEXED BY orders_on_hold WHERE state = 1 AND hold_ms >= 0"
                            " AND order_id < ?1 AND order_id >= ?4) AND (?2 IS NULL OR s.sale_id = ?2)"
                            " ORDER BY o.order_id DESC LIMIT ?3",
                            range.before, range.sale, range.orders_max, range.from);
}

SqliteQuery paying_orders(SqliteConnection& connection, const OrderRange& range) {
    return connection.query("SELECT " MARKETDAY_ORDER_COLUMNS
                            " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.order_id IN"
                            " (SELECT order_id FROM orders INDEXED BY orders_paying WHERE state = 2 AND updated_ms >= 0"
                            " AND order_id < ?1 AND order_id >= ?4) AND (?2 IS NULL OR s.sale_id = ?2)"
                            " ORDER BY o.order_id DESC LIMIT ?3",
                            range.before, range.sale, range.orders_max, range.from);
}

std::vector<Order> list_of_all(SqliteConnection& connection, const OrderBook::OrderQuery& query) {
    constexpr Uuid kAfterAll{{255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}};
    const OrderRange range{.before = query.before ? query.before->uuid : kAfterAll,
                           .from = query.from ? query.from->uuid : Uuid{},
                           .sale = query.sale,
                           .orders_max = static_cast<std::int64_t>(query.orders_max)};
    const auto read = [&connection](SqliteQuery rows) { return read_orders(connection, rows); };
    using domain::OrderState;
    if (query.state == OrderState::reserved) return read(reserved_orders(connection, range));
    if (query.state == OrderState::paying) return read(paying_orders(connection, range));
    if (query.state && query.sale)
        return read(settled_orders_of_sale(connection, range, static_cast<std::int64_t>(*query.state)));
    if (query.state) return read(orders_of_state(connection, range, *query.state));
    if (!query.sale) return read(orders_of_any_state(connection, range));
    // Orders that hold units are in no index of their sale, so that placing one writes nothing more.
    std::vector<Order> orders = read(settled_orders_of_sale(connection, range, std::nullopt));
    std::ranges::move(read(reserved_orders(connection, range)), std::back_inserter(orders));
    std::ranges::move(read(paying_orders(connection, range)), std::back_inserter(orders));
    std::ranges::sort(orders, std::greater{}, &Order::id);
    if (orders.size() > query.orders_max) orders.resize(query.orders_max);
    return orders;
}

domain::LedgerEntry read_ledger_row(const SqliteQuery& row) {
    domain::LedgerEntry entry;
    entry.sequence = row.integer(0);
    entry.epoch = row.integer(1);
    entry.at = from_unix_ms(row.integer(2));
    entry.movement = static_cast<domain::Movement>(row.integer(3));
    entry.sku = row.text(4);
    entry.units = row.integer(5);
    entry.order = OrderId{row.uuid(6)};
    const auto hash = row.blob(7);
    if (hash.size() == entry.hash.size()) std::ranges::copy(hash, entry.hash.begin());
    return entry;
}

std::vector<domain::LedgerEntry> read_ledger_of(SqliteConnection& connection, OrderId order) {
    std::vector<domain::LedgerEntry> entries;
    auto first = connection.query(
        "SELECT l.sequence, l.epoch, l.at_ms, l.movement, f.sku, l.units, l.order_id, l.hash FROM orders o"
        " JOIN ledger l ON l.sequence >= o.receipt_seq AND l.sequence < o.receipt_seq +"
        " (SELECT count(*) FROM order_lines n WHERE n.order_id = o.order_id)"
        " JOIN offers f ON f.sku_no = l.sku_no WHERE o.order_id = ?1 ORDER BY l.sequence",
        order);
    while (first.step()) entries.push_back(read_ledger_row(first));
    auto later = connection.query(
        "SELECT l.sequence, l.epoch, l.at_ms, l.movement, f.sku, l.units, l.order_id, l.hash FROM ledger_of_orders p"
        " JOIN ledger l ON l.sequence = p.sequence JOIN offers f ON f.sku_no = l.sku_no WHERE p.order_id = ?1"
        " ORDER BY p.sequence",
        order);
    while (later.step()) entries.push_back(read_ledger_row(later));
    return entries;
}

class SqliteOrderBook final : public OrderBook {
public:
    SqliteOrderBook(SqliteDatabase& database, ShopTerms terms, const Clock& clock, UuidSource& uuids)
        : database_(database), terms_(terms), clock_(clock), uuids_(uuids) {
        database_.on_rollback([this] { memory_.forget(); });
    }

    Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>& requests) override {
        MD_ASSERT(!requests.empty() && requests.size() <= kBatchOrdersMax);
        const Uuid batch = uuids_.next(0);
        auto written = co_await database_.write(Priority::shoppers, [this, &requests, batch](SqliteConnection& c) {
            return undone_together([&] { return write_orders(c, memory_, terms_, batch, requests); });
        });
        co_return answer(std::move(written));
    }

    Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep> steps) override {
        MD_ASSERT(!steps.empty() && steps.size() <= kBatchOrdersMax);
        const Uuid batch = uuids_.next(0);
        auto written = co_await database_.write(Priority::shoppers, [this, &steps, batch](SqliteConnection& c) {
            return undone_together([&] { return write_steps(c, memory_, batch, steps); });
        });
        co_return answer(std::move(written));
    }

    Answer<std::optional<Order>> find(OrderId order, ports::Freshness) override {
        auto found = co_await database_.read([order](SqliteConnection& c) { return read_order(c, order); });
        co_return answer(std::move(found));
    }

    Answer<std::vector<Order>> list(OrderQuery query) override {
        std::vector<OrderId> recent;
        if (query.customer) recent = memory_.recent_orders(*query.customer);
        auto found = co_await database_.read([&query, &recent](SqliteConnection& c) {
            return query.customer ? list_of_customer(c, query, recent) : list_of_all(c, query);
        });
        co_return answer(std::move(found));
    }

    Answer<std::vector<OrderId>> overdue(WallTime now, std::size_t orders_max) override {
        auto found = co_await database_.read([now, orders_max](SqliteConnection& c) {
            std::vector<OrderId> orders;
            auto rows =
                c.query("SELECT order_id FROM orders WHERE state = 1 AND hold_ms <= ?1 ORDER BY hold_ms LIMIT ?2",
                        to_unix_ms(now), static_cast<std::int64_t>(orders_max));
            while (rows.step()) orders.push_back(OrderId{rows.uuid(0)});
            return orders;
        });
        co_return answer(std::move(found));
    }

    Answer<std::vector<Order>> paying_since(WallTime before, std::size_t orders_max) override {
        auto found = co_await database_.read([before, orders_max](SqliteConnection& c) {
            auto rows = c.query("SELECT " MARKETDAY_ORDER_COLUMNS
                                " FROM orders o LEFT JOIN sales s ON s.sale_no = o.sale_no WHERE o.state = 2"
                                " AND o.updated_ms <= ?1 ORDER BY o.updated_ms LIMIT ?2",
                                to_unix_ms(before), static_cast<std::int64_t>(orders_max));
            return read_orders(c, rows);
        });
        co_return answer(std::move(found));
    }

    Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange change) override {
        const WallTime at = clock_.wall_now();
        auto written = co_await database_.write(
            Priority::operators, [&change, at](SqliteConnection& c) { return write_stock_change(c, change, at); });
        co_return answer(std::move(written));
    }

    Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus,
                                                                 ports::Freshness) override {
        auto found = co_await database_.read([&skus](SqliteConnection& c) {
            std::vector<std::optional<domain::StockLevel>> levels;
            for (const auto& sku : skus) levels.push_back(read_stock(c, sku));
            return levels;
        });
        co_return answer(std::move(found));
    }

    Answer<std::vector<Offer>> set_offers(std::vector<Offer> offers_to_set) override {
        auto written = co_await database_.write(
            Priority::operators, [&offers_to_set](SqliteConnection& c) { return write_offers(c, offers_to_set); });
        co_return answer(std::move(written));
    }

    Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode> skus) override {
        auto found = co_await database_.read([&skus](SqliteConnection& c) {
            std::vector<std::optional<Offer>> known;
            for (const auto& sku : skus) known.push_back(read_offer(c, sku));
            return known;
        });
        co_return answer(std::move(found));
    }

    Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale sale) override {
        const Uuid batch = uuids_.next(0);
        const WallTime at = clock_.wall_now();
        auto written = co_await database_.write(
            Priority::operators, [&sale, batch, at](SqliteConnection& c) { return write_sale(c, sale, batch, at); });
        co_return answer(std::move(written));
    }

    Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId sale, domain::SaleState state,
                                                             WallTime at) override {
        const Uuid batch = uuids_.next(0);
        auto written = co_await database_.write(Priority::operators, [sale, state, at, batch](SqliteConnection& c) {
            return write_sale_state(c, sale, state, batch, at);
        });
        co_return answer(std::move(written));
    }

    Answer<std::optional<domain::Sale>> find_sale(SaleId sale, ports::Freshness) override {
        auto found = co_await database_.read([sale](SqliteConnection& c) { return read_sale(c, sale); });
        co_return answer(std::move(found));
    }

    Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) override {
        auto found = co_await database_.read([closed_max](SqliteConnection& c) { return read_sales(c, closed_max); });
        co_return answer(std::move(found));
    }

    Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t sequence, std::size_t entries_max) override {
        auto found = co_await database_.read([sequence, entries_max](SqliteConnection& c) {
            std::vector<domain::LedgerEntry> entries;
            auto rows = c.query(
                "SELECT l.sequence, l.epoch, l.at_ms, l.movement, f.sku, l.units, l.order_id, l.hash FROM ledger l"
                " JOIN offers f ON f.sku_no = l.sku_no WHERE l.sequence > ?1 ORDER BY l.sequence LIMIT ?2",
                sequence, static_cast<std::int64_t>(entries_max));
            while (rows.step()) entries.push_back(read_ledger_row(rows));
            return entries;
        });
        co_return answer(std::move(found));
    }

    Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId order) override {
        auto found = co_await database_.read([order](SqliteConnection& c) { return read_ledger_of(c, order); });
        co_return answer(std::move(found));
    }

    Answer<std::vector<OutboxMessage>> outbox(std::int64_t after_position, std::size_t messages_max) override {
        auto found = co_await database_.read([after_position, messages_max](SqliteConnection& c) {
            std::vector<OutboxMessage> messages;
            auto rows = c.query(
                "SELECT position, topic, events FROM outbox WHERE sent = 0 AND position > ?1 ORDER BY position LIMIT "
                "?2",
                after_position, static_cast<std::int64_t>(messages_max));
            while (rows.step()) messages.push_back({rows.integer(0), rows.text(1), rows.text(2)});
            return messages;
        });
        co_return answer(std::move(found));
    }

    Answer<std::monostate> outbox_sent(std::int64_t up_to_position) override {
        auto written = co_await database_.write(Priority::shoppers, [up_to_position](SqliteConnection& c) {
            c.run("UPDATE outbox SET sent = 1 WHERE sent = 0 AND position <= ?1", up_to_position);
            return std::monostate{};
        });
        co_return answer(std::move(written));
    }

    Answer<std::size_t> forget_outbox(WallTime before, std::size_t messages_max) override {
        auto written = co_await database_.write(Priority::shoppers, [before, messages_max](SqliteConnection& c) {
            return delete_sent_messages(c, before, static_cast<std::int64_t>(messages_max));
        });
        co_return answer(std::move(written));
    }

    Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place,
                                      std::size_t records_max) override {
        MD_ASSERT(records_max > 0 && records_max <= kBatchOrdersMax);
        auto found = co_await database_.read([&place, before, records_max](SqliteConnection& c) {
            return read_old_keys(c, before, place, static_cast<std::int64_t>(records_max));
        });
        if (!found) co_return fail(to_port_error(found.error()));
        KeysForgotten forgotten{.keys = 0, .next = std::move(found->next)};
        if (found->keys.empty()) co_return forgotten;
        const auto keys = std::move(found->keys);
        auto written = co_await database_.write(
            Priority::shoppers, [&keys, before](SqliteConnection& c) { return delete_keys(c, keys, before); });
        if (!written) co_return fail(to_port_error(written.error()));
        forgotten.keys = *written;
        co_return forgotten;
    }

private:
    /// What is undone in the store is forgotten here too.
    template <class F>
    std::invoke_result_t<F&> undone_together(F work) {
        try {
            return work();
        } catch (...) {
            memory_.forget();
            throw;
        }
    }

    SqliteDatabase& database_;
    CustomerMemory memory_;
    ShopTerms terms_;
    const Clock& clock_;
    UuidSource& uuids_;
};

}  // namespace

std::unique_ptr<OrderBook> make_sqlite_order_book(SqliteDatabase& database, ShopTerms terms, const Clock& clock,
                                                  UuidSource& uuids) {
    return std::make_unique<SqliteOrderBook>(database, terms, clock, uuids);
}

}  // namespace marketday::adapters
