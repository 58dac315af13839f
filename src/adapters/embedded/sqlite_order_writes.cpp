#include "adapters/embedded/sqlite_order_writes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/embedded/sqlite_batch_facts.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "adapters/embedded/sqlite_order_rows.hpp"
#include "adapters/embedded/sqlite_outbox.hpp"
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

/// The first verdict of this key, if it was used before.
std::optional<Verdict> known_verdict(SqliteConnection& connection, CustomerMemory& memory,
                                     const OrderRequest& request) {
    const auto record = memory.find_key(connection, request.customer, request.key);
    if (!record) return std::nullopt;
    if (record->request_hash != request.request_hash) return Verdict{Refused{Refusal::key_reused, {}}, false};
    if (record->order) return stored_grant(connection, *record->order);
    return Verdict{refusal_from_json(record->refusal), true};
}

class Placing {
public:
    Placing(SqliteConnection& connection, CustomerMemory& memory, const ShopTerms& terms, const Uuid& batch)
        : connection_(connection),
          memory_(memory),
          terms_(terms),
          facts_(connection, memory),
          ledger_(connection),
          events_("orders", batch) {}

    Verdict place(const OrderRequest& request) {
        if (auto known = known_verdict(connection_, memory_, request)) return std::move(*known);
        auto decision = domain::decide(request, terms_.currency, terms_.shipping, facts_);
        if (auto* refused = std::get_if<Refused>(&decision)) {
            memory_.remember(connection_, request.customer, request.key,
                             {request.request_hash, std::nullopt, refusal_to_json(*refused), request.placed_at}, {});
            return {std::move(*refused), false};
        }
        return {write_granted(request, std::get<domain::Grant>(decision)), false};
    }

    void finish(WallTime at) {
        facts_.write_back();
        events_.write(connection_, at);
    }

private:
    domain::Granted write_granted(const OrderRequest& request, const domain::Grant& grant) {
        const std::int64_t at_ms = to_unix_ms(request.placed_at);
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
            connection_.run(
                "INSERT INTO order_lines (order_id, line_no, sku_no, quantity, unit_price_minor, price_version)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                request.order, static_cast<std::int64_t>(i), sku_no, line.quantity, line.unit_price_minor,
                grant.price_versions[i]);
            if (request.sale)
                held_.push_back(facts_.held_after(request.customer, *request.sale, line.sku, line.quantity));
        }
        const auto sale_no = request.sale ? std::optional{facts_.sale_no(*request.sale)} : std::nullopt;
        connection_.run(
            "INSERT INTO orders (order_id, customer_id, sale_no, state, placed_ms, updated_ms, hold_ms, total_minor,"
            " shipping_minor, currency, receipt_seq, receipt_hash, address)"
            " VALUES (?1, ?2, ?3, 1, ?4, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            request.order, request.customer, sale_no, at_ms, to_unix_ms(request.hold_until), grant.total.amount_minor,
            grant.shipping.amount_minor, grant.total.currency.code(), granted.receipt.sequence,
            std::span<const std::uint8_t>{granted.receipt.hash}, address_to_json(request.address));
        memory_.remember(connection_, request.customer, request.key,
                         {request.request_hash, request.order, {}, request.placed_at}, held_);
        events_.add(
            "order.reserved", request.placed_at,
            fmt::format(R"("order":"{}","customer":"{}","total_minor":{},"currency":"{}")", request.order.to_string(),
                        request.customer.to_string(), grant.total.amount_minor, grant.total.currency.code()));
        return granted;
    }

    SqliteConnection& connection_;
    CustomerMemory& memory_;
    const ShopTerms& terms_;
    std::vector<CustomerMemory::Held> held_;  // of the order being written
    SqliteBatchFacts facts_;
    LedgerAppender ledger_;
    OutboxMessageWriter events_;
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
        using domain::Step;
        order.state = plan.next;
        order.updated_at = step.at;
        if (step.payment && (step.step == Step::begin_payment || step.step == Step::payment_captured))
            order.payment = step.payment;
        if (step.step == Step::payment_captured && !order.captured_at) order.captured_at = step.at;
        if (step.step == Step::refund) order.refunded_at = step.at;
        if (step.step == Step::payment_failed && plan.next == domain::OrderState::reserved)
            order.hold_until = std::max(order.hold_until, step.at + step.hold_again);
        if (step.step == Step::ship) order.tracking = step.tracking;
        const auto ms = [](const std::optional<WallTime>& time) {
            return time ? std::optional{to_unix_ms(*time)} : std::nullopt;
        };
        connection_.run(
            "UPDATE orders SET state = ?2, updated_ms = ?3, hold_ms = ?4, payment_id = ?5, captured_ms = ?6,"
            " refunded_ms = ?7, tracking = ?8 WHERE order_id = ?1",
            order.id, static_cast<std::int64_t>(order.state), to_unix_ms(order.updated_at),
            to_unix_ms(order.hold_until), order.payment, ms(order.captured_at), ms(order.refunded_at),
            order.tracking.empty() ? std::nullopt : std::optional<std::string_view>{order.tracking});
        // A payment that failed brings the order back to `reserved`, which must not read like another order.
        const bool failed = step.step == Step::payment_failed;
        events_.add(
            fmt::format("order.{}", failed ? "payment_failed" : domain::to_string(order.state)), step.at,
            fmt::format(R"("order":"{}","customer":"{}","total_minor":{},"currency":"{}")", order.id.to_string(),
                        order.customer.to_string(), order.total.amount_minor, order.total.currency.code()));
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
    memory.carry_over(connection, requests.size());
    return verdicts;
}

std::vector<domain::StepVerdict> write_steps(SqliteConnection& connection, CustomerMemory& memory, const Uuid& batch,
                                             const std::vector<domain::OrderStep>& steps) {
    Stepping stepping(connection, memory, batch);
    std::vector<domain::StepVerdict> verdicts;
    verdicts.reserve(steps.size());
    for (const auto& step : steps) verdicts.push_back(stepping.take(step));
    stepping.finish(steps.back().at);
    memory.carry_over(connection, steps.size());
    return verdicts;
}

}  // namespace marketday::adapters
