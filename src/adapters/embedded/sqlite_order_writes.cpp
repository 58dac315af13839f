#include "adapters/embedded/sqlite_order_writes.hpp"

#include <algorithm>

#include "adapters/embedded/sqlite_batch_facts.hpp"
#include "adapters/embedded/sqlite_batch_rows.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_rows.hpp"
#include "adapters/embedded/sqlite_outbox.hpp"
#include "adapters/stored/order_events.hpp"
#include "base/assert.hpp"
#include "domain/placement.hpp"

namespace marketday::adapters {
namespace {

using domain::OrderRequest;
using domain::Refusal;
using domain::Refused;
using domain::Verdict;

Verdict stored_grant(SqliteConnection& connection, OrderId order) {
    auto row = connection.query(
        "SELECT total_minor, shipping_minor, currency, hold_ms, receipt_seq, receipt_hash FROM orders"
        " WHERE order_id = ?1",
        order);
    if (!row.step()) throw SqliteError{SQLITE_CORRUPT, "an idempotency key names an order that is not there"};
    const auto currency = Currency::parse(row.text_view(2));
    if (!currency) throw SqliteError{SQLITE_CORRUPT, "an order's currency is unknown"};
    domain::Granted granted{order,
                            {row.integer(0), *currency},
                            {row.integer(1), *currency},
                            from_unix_ms(row.integer(3)),
                            {row.integer(4), {}}};
    const auto hash = row.blob(5);
    if (hash.size() == granted.receipt.hash.size()) std::ranges::copy(hash, granted.receipt.hash.begin());
    return {granted, true};
}

/// Granted orders of a batch that are not stored yet. Refers to the batch's requests.
class NewOrders {
public:
    void add(const OrderRequest& request, const domain::Granted& granted, std::optional<std::int64_t> sale_no) {
        orders_.push_back(
            {&request, granted.total, granted.shipping, granted.receipt, sale_no, address_to_json(request.address)});
    }
    void add_line(OrderId order, std::size_t number, std::int64_t sku_no, const domain::OrderLine& line,
                  std::int64_t price_version) {
        lines_.push_back({order, static_cast<std::int64_t>(number), sku_no, &line, price_version});
    }
    void write(SqliteConnection& connection) {
        connection.write_rows(
            "INSERT INTO order_lines (order_id, line_no, sku_no, quantity, unit_price_minor, price_version)"
            " SELECT c0, c1, c2, c3, c4, c5 FROM batch_rows(?1)",
            LineRows{lines_});
        connection.write_rows(
            "INSERT INTO orders (order_id, customer_id, sale_no, state, placed_ms, updated_ms, hold_ms, total_minor,"
            " shipping_minor, currency, receipt_seq, receipt_hash, address)"
            " SELECT c0, c1, c2, 1, c3, c3, c4, c5, c6, c7, c8, c9, c10 FROM batch_rows(?1)",
            OrderRows{orders_});
        lines_.clear();
        orders_.clear();
    }

private:
    struct Line {
        OrderId order;
        std::int64_t number;
        std::int64_t sku_no;
        const domain::OrderLine* line;
        std::int64_t price_version;
    };
    struct NewOrder {
        const OrderRequest* request;
        Money total;
        Money shipping;
        domain::Receipt receipt;
        std::optional<std::int64_t> sale_no;
        std::string address;
    };
    struct LineRows final : BatchRows {
        explicit LineRows(const std::vector<Line>& lines_of) : lines(lines_of) {}
        std::size_t size() const override { return lines.size(); }
        void value(std::size_t row, int column, BatchValue out) const override {
            const Line& line = lines[row];
            switch (column) {
                case 0: return out.set(line.order);
                case 1: return out.set(line.number);
                case 2: return out.set(line.sku_no);
                case 3: return out.set(line.line->quantity);
                case 4: return out.set(line.line->unit_price_minor);
                case 5: return out.set(line.price_version);
                default: return;
            }
        }
        const std::vector<Line>& lines;
    };
    struct OrderRows final : BatchRows {
        explicit OrderRows(const std::vector<NewOrder>& orders_of) : orders(orders_of) {}
        std::size_t size() const override { return orders.size(); }
        void value(std::size_t row, int column, BatchValue out) const override {
            const NewOrder& order = orders[row];
            switch (column) {
                case 0: return out.set(order.request->order);
                case 1: return out.set(order.request->customer);
                case 2: return out.set(order.sale_no);
                case 3: return out.set(to_unix_ms(order.request->placed_at));
                case 4: return out.set(to_unix_ms(order.request->hold_until));
                case 5: return out.set(order.total.amount_minor);
                case 6: return out.set(order.shipping.amount_minor);
                case 7: return out.set(order.total.currency.code());
                case 8: return out.set(order.receipt.sequence);
                case 9: return out.set(std::span<const std::uint8_t>{order.receipt.hash});
                case 10: return out.set(std::string_view{order.address});
                default: return;
            }
        }
        const std::vector<NewOrder>& orders;
    };

    std::vector<NewOrder> orders_;
    std::vector<Line> lines_;
};

class Placing {
public:
    Placing(SqliteConnection& connection, CustomerMemory& memory, const ShopTerms& terms, const Uuid& batch)
        : connection_(connection),
          memory_(memory),
          terms_(terms),
          facts_(connection, memory),
          ledger_(connection),
          events_("reservations", batch) {}

    Verdict place(const OrderRequest& request) {
        if (auto known = known_verdict(request)) return std::move(*known);
        auto decision = domain::decide(request, terms_.currency, terms_.shipping, facts_);
        if (auto* refused = std::get_if<Refused>(&decision)) {
            memory_.remember(connection_, request.customer, request.key,
                             {request.request_hash, std::nullopt, refusal_to_json(*refused), request.placed_at}, {});
            return {std::move(*refused), false};
        }
        return {take_grant(request, std::get<domain::Grant>(decision)), false};
    }

    void finish(WallTime at) {
        orders_.write(connection_);
        ledger_.write();
        facts_.write_back();
        events_.write(connection_, at);
    }

private:
    /// The first verdict of this key, if it was used before.
    std::optional<Verdict> known_verdict(const OrderRequest& request) {
        const auto record = memory_.find_key(connection_, request.customer, request.key);
        if (!record) return std::nullopt;
        if (record->request_hash != request.request_hash) return Verdict{Refused{Refusal::key_reused, {}}, false};
        if (!record->order) return Verdict{refusal_from_json(record->refusal), true};
        orders_.write(connection_);  // the first request may stand in this very batch
        return stored_grant(connection_, *record->order);
    }

    domain::Granted take_grant(const OrderRequest& request, const domain::Grant& grant) {
        domain::Granted granted{request.order, grant.total, grant.shipping, request.hold_until, {}};
        held_.clear();
        for (std::size_t i = 0; i < request.lines.size(); ++i) {
            const auto& line = request.lines[i];
            const std::int64_t sku_no = facts_.sku_no(line.sku);
            const domain::Receipt entry = ledger_.append({.at = request.placed_at,
                                                          .movement = domain::Movement::reserve,
                                                          .sku_no = sku_no,
                                                          .sku = line.sku,
                                                          .units = line.quantity,
                                                          .order = request.order,
                                                          .reason = {}});
            if (i == 0) granted.receipt = entry;
            orders_.add_line(request.order, i, sku_no, line, grant.price_versions[i]);
            if (request.sale)
                held_.push_back(facts_.held_after(request.customer, *request.sale, line.sku, line.quantity));
        }
        const auto sale_no = request.sale ? std::optional{facts_.sale_no(*request.sale)} : std::nullopt;
        orders_.add(request, granted, sale_no);
        memory_.remember(connection_, request.customer, request.key,
                         {request.request_hash, request.order, {}, request.placed_at}, held_);
        add_reserved_event(events_, request, grant.total);
        return granted;
    }

    SqliteConnection& connection_;
    CustomerMemory& memory_;
    const ShopTerms& terms_;
    std::vector<CustomerMemory::Held> held_;  // of the order being written
    SqliteBatchFacts facts_;
    LedgerAppender ledger_;
    OutboxMessageWriter events_;
    NewOrders orders_;
};

class Stepping {
public:
    Stepping(SqliteConnection& connection, CustomerMemory& memory, const Uuid& batch)
        : connection_(connection),
          memory_(memory),
          facts_(connection, memory),
          ledger_(connection),
          events_("orders", batch) {}

    domain::StepVerdict take(const domain::OrderStep& step) {
        auto order = read_order(connection_, step.order);
        if (!order) return fail(domain::StepRefusal::not_found);
        const bool units_remain = step.step == domain::Step::payment_captured && !domain::holds_units(order->state) &&
                                  domain::can_hold_again(*order, facts_);
        auto plan = domain::plan_step(*order, step, units_remain);
        if (!plan) return fail(plan.error());
        domain::StepDone done{
            .order = std::move(*order), .changed = plan->changed, .refund_due = plan->refund_due, .receipt = {}};
        if (plan->changed) {
            move_units(done, *plan, step);
            change_order(done.order, *plan, step);
        }
        return done;
    }

    void finish(WallTime at) {
        ledger_.write();
        facts_.write_back();
        events_.write(connection_, at);
    }

private:
    void move_units(domain::StepDone& done, const domain::StepPlan& plan, const domain::OrderStep& step) {
        for (const domain::Movement movement : plan.movements) {
            for (const auto& line : done.order.lines) {
                domain::SkuFacts* sku = facts_.sku(line.sku);
                MD_ASSERT(sku != nullptr);
                const bool moved = domain::apply(sku->level, movement, line.quantity);
                MD_ASSERT(moved);
                const domain::Receipt entry = ledger_.append({.at = step.at,
                                                              .movement = movement,
                                                              .sku_no = facts_.sku_no(line.sku),
                                                              .sku = line.sku,
                                                              .units = line.quantity,
                                                              .order = done.order.id,
                                                              .reason = {},
                                                              .find_by_order = true});
                if (!done.receipt) done.receipt = entry;
            }
        }
        if (plan.limit_use == 0 || !done.order.sale) return;
        std::vector<CustomerMemory::Held> held;
        for (const auto& line : done.order.lines) {
            held.push_back(
                facts_.held_after(done.order.customer, *done.order.sale, line.sku, plan.limit_use * line.quantity));
            for (auto& item : facts_.sale(*done.order.sale)->items)
                if (item.sku == line.sku) item.taken += plan.limit_use * line.quantity;
        }
        memory_.remember(connection_, done.order.customer, step.at, held);
    }

    void change_order(domain::Order& order, const domain::StepPlan& plan, const domain::OrderStep& step) {
        domain::apply_step(order, plan, step);
        const auto ms = [](const std::optional<WallTime>& time) {
            return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
        };
        connection_.run(
            "UPDATE orders SET state = ?2, updated_ms = ?3, hold_ms = ?4, payment_id = ?5, captured_ms = ?6,"
            " refunded_ms = ?7, tracking = ?8 WHERE order_id = ?1",
            order.id, static_cast<std::int64_t>(order.state), to_unix_ms(order.updated_at),
            to_unix_ms(order.hold_until), order.payment, ms(order.captured_at), ms(order.refunded_at),
            order.tracking.empty() ? std::nullopt : std::optional<std::string_view>{order.tracking});
        add_order_event(events_, order, step);
    }

    SqliteConnection& connection_;
    CustomerMemory& memory_;
    SqliteBatchFacts facts_;
    LedgerAppender ledger_;
    OutboxMessageWriter events_;
};

}  // namespace

std::vector<Verdict> write_orders(SqliteConnection& connection, CustomerMemory& memory, const ShopTerms& terms,
                                  const Uuid& batch, const std::vector<OrderRequest>& requests) {
    Placing placing(connection, memory, terms, batch);
    std::vector<Verdict> verdicts;
    verdicts.reserve(requests.size());
    for (const auto& request : requests) verdicts.push_back(placing.place(request));
    placing.finish(requests.back().placed_at);
    memory.write(connection, requests.size());
    return verdicts;
}

std::vector<domain::StepVerdict> write_steps(SqliteConnection& connection, CustomerMemory& memory, const Uuid& batch,
                                             const std::vector<domain::OrderStep>& steps) {
    Stepping stepping(connection, memory, batch);
    std::vector<domain::StepVerdict> verdicts;
    verdicts.reserve(steps.size());
    for (const auto& step : steps) verdicts.push_back(stepping.take(step));
    stepping.finish(steps.back().at);
    memory.write(connection, steps.size());
    return verdicts;
}

}  // namespace marketday::adapters
