#include <fmt/format.h>

#include "audit/checks.hpp"

namespace marketday::audit {
namespace {

struct PaidOrder {
    Uuid order;
    std::int64_t state = 0;
    Uuid payment;  // nil: none
    bool captured = false;
    bool refunded = false;
    std::string name() const { return "order " + order.to_string(); }
};

std::string capture_text(const PaidOrder& order) {
    return fmt::format("{}, {}, {}", state_name(order.state), order.captured ? "captured" : "not captured",
                       order.payment.is_nil() ? "no payment" : "payment " + order.payment.to_string());
}

void check_capture(const PaidOrder& order, Check& captures) {
    const bool was_paid = has_sold(order.state) || order.state == static_cast<std::int64_t>(State::refunded);
    if (was_paid && (!order.captured || order.payment.is_nil()))
        captures.violated(order.name(), "the capture that paid it", capture_text(order));
    if (!was_paid && order.captured)
        captures.violated(order.name(), "a capture ends in an order or a refund", capture_text(order));
    if (order.state == static_cast<std::int64_t>(State::paying) && order.payment.is_nil())
        captures.violated(order.name(), "the payment under way", capture_text(order));
    if ((order.state == static_cast<std::int64_t>(State::refunded)) != order.refunded)
        captures.violated(order.name(), order.refunded ? "state refunded" : "the time of its refund",
                          capture_text(order));
}

/// The journal beside the orders: how payments that took no money ended, and money that goes back.
void check_journal(Store& store, Check& captures) {
    for (Rows rows{store,
                   "SELECT o.order_id, p.payment_id, p.order_id, p.outcome FROM orders o "
                   "JOIN payments p ON p.payment_id = o.payment_id "
                   "WHERE o.captured_ms IS NOT NULL AND (p.outcome <> 1 OR p.order_id <> o.order_id)"};
         rows.next();)
        captures.violated("order " + rows.uuid(0).to_string(),
                          fmt::format("payment {} of this order, captured", rows.uuid(1).to_string()),
                          fmt::format("payment of order {}, {}", rows.uuid(2).to_string(),
                                      rows.integer(3) == 2   ? "declined"
                                      : rows.integer(3) == 3 ? "voided"
                                                             : "captured"));
    for (Rows rows{store,
                   "SELECT o.order_id, r.payment_id FROM orders o JOIN refunds r ON r.payment_id = o.payment_id "
                   "WHERE o.captured_ms IS NOT NULL AND r.reason = 2"};
         rows.next();)
        captures.violated("order " + rows.uuid(0).to_string(), "its money kept, or the order refunded",
                          fmt::format("payment {} given back as a stray capture", rows.uuid(1).to_string()));
    for (Rows rows{store,
                   "SELECT r.payment_id, r.order_id FROM refunds r "
                   "WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = r.order_id)"};
         rows.next();)
        captures.violated("refund of payment " + rows.uuid(0).to_string(), "its order " + rows.uuid(1).to_string(),
                          "no such order");
}

}  // namespace

void check_payments(Site& site, Report& report) {
    Check& captures = report.add("one-capture-an-order", "One capture an order, ended in it or refunded", "captures");
    std::unordered_map<Uuid, Uuid> order_of_payment;
    for (Rows rows{site.store,
                   "SELECT order_id, state, payment_id, captured_ms IS NOT NULL, refunded_ms IS NOT NULL FROM orders"};
         rows.next();) {
        const PaidOrder order{rows.uuid(0), rows.integer(1), rows.uuid(2), rows.integer(3) != 0, rows.integer(4) != 0};
        check_capture(order, captures);
        if (order.captured) captures.examined();
        if (order.captured && !order.payment.is_nil()) {
            const auto [first, fresh] = order_of_payment.try_emplace(order.payment, order.order);
            if (!fresh)
                captures.violated(order.name(), "a capture of its own",
                                  fmt::format("payment {}, which paid order {}", order.payment.to_string(),
                                              first->second.to_string()));
        }
        if (has_sold(order.state)) ++report.orders_sold;
    }
    report.customers_served =
        site.store.number("SELECT count(DISTINCT customer_id) FROM orders WHERE state BETWEEN 3 AND 7");
    if (site.store.has_table("payments") && site.store.has_table("refunds")) {
        check_journal(site.store, captures);
        const std::int64_t owed = site.store.number("SELECT count(*) FROM refunds WHERE done_ms IS NULL");
        if (owed > 0) captures.note(fmt::format("{} refunds under way", owed));
    }
}

}  // namespace marketday::audit
