#include "usecases/fulfil.hpp"

namespace marketday::usecases {
namespace {

using domain::Order;
using domain::OrderState;
using domain::OrderStep;
using domain::Step;

Fulfil::Refusal to_refusal(ports::OrderBook::Error error) {
    switch (error) {
        case ports::OrderBook::Error::outcome_unknown: return Fulfil::Refusal::outcome_unknown;
        case ports::OrderBook::Error::unavailable: return Fulfil::Refusal::unavailable;
    }
    return Fulfil::Refusal::unavailable;
}

Fulfil::Refusal to_refusal(LaneError error) {
    switch (error) {
        case LaneError::outcome_unknown: return Fulfil::Refusal::outcome_unknown;
        case LaneError::busy:
        case LaneError::too_late:
        case LaneError::unavailable: return Fulfil::Refusal::unavailable;
    }
    return Fulfil::Refusal::unavailable;
}

Fulfil::Refusal to_refusal(ports::PaymentJournal::Error error) {
    switch (error) {
        case ports::PaymentJournal::Error::outcome_unknown: return Fulfil::Refusal::outcome_unknown;
        case ports::PaymentJournal::Error::unavailable:
        case ports::PaymentJournal::Error::fenced: return Fulfil::Refusal::unavailable;
    }
    return Fulfil::Refusal::unavailable;
}

Fulfil::Refusal to_refusal(domain::StepRefusal refusal) {
    switch (refusal) {
        case domain::StepRefusal::not_found: return Fulfil::Refusal::not_found;
        case domain::StepRefusal::wrong_state:
        case domain::StepRefusal::not_due:
        case domain::StepRefusal::other_payment: return Fulfil::Refusal::wrong_state;
    }
    return Fulfil::Refusal::wrong_state;
}

OrderStep step_of(OrderId order, Step step, WallTime at) {
    OrderStep made;
    made.order = order;
    made.step = step;
    made.at = at;
    return made;
}

bool can_be_refunded(OrderState state) {
    switch (state) {
        case OrderState::paid:
        case OrderState::prepared:
        case OrderState::shipped:
        case OrderState::delivered:
        case OrderState::returned:
        case OrderState::refunded: return true;
        case OrderState::reserved:
        case OrderState::paying:
        case OrderState::cancelled:
        case OrderState::expired: return false;
    }
    return false;
}

}  // namespace

Fulfil::Answer<Order> Fulfil::take(OrderStep step) {
    auto verdict = co_await steps_.advance(std::move(step));
    if (!verdict) co_return fail(to_refusal(verdict.error()));
    if (!*verdict) co_return fail(to_refusal(verdict->error()));
    co_return std::move((**verdict).order);
}

/// Goods do not leave for an order whose money goes back.
Fulfil::Answer<Order> Fulfil::send(OrderStep step) {
    const auto order = co_await book_.find(step.order);
    if (!order) co_return fail(to_refusal(order.error()));
    if (!*order) co_return fail(Refusal::not_found);
    if ((**order).payment) {
        std::vector<PaymentId> asked{*(**order).payment};
        const auto intents = co_await journal_.refunds_of(std::move(asked));
        if (!intents) co_return fail(to_refusal(intents.error()));
        if (!intents->empty()) co_return fail(Refusal::refund_due);
    }
    auto taken = co_await take(std::move(step));
    co_return std::move(taken);
}

Fulfil::Answer<Order> Fulfil::cancel(OrderId order, std::optional<CustomerId> customer) {
    auto step = step_of(order, Step::cancel, clock_.wall_now());
    step.customer = customer;
    return take(std::move(step));
}

Fulfil::Answer<Order> Fulfil::give_back(OrderId order, std::optional<CustomerId> customer) {
    auto step = step_of(order, Step::give_back, clock_.wall_now());
    step.customer = customer;
    return take(std::move(step));
}

Fulfil::Answer<Order> Fulfil::prepare(OrderId order) { return send(step_of(order, Step::prepare, clock_.wall_now())); }

Fulfil::Answer<Order> Fulfil::ship(OrderId order, std::string tracking) {
    auto step = step_of(order, Step::ship, clock_.wall_now());
    step.tracking = std::move(tracking);
    return send(std::move(step));
}

Fulfil::Answer<Order> Fulfil::deliver(OrderId order) { return take(step_of(order, Step::deliver, clock_.wall_now())); }

Fulfil::Answer<Fulfil::Refunded> Fulfil::refund(OrderId order, bool restock) {
    auto found = co_await book_.find(order);
    if (!found) co_return fail(to_refusal(found.error()));
    if (!*found) co_return fail(Refusal::not_found);
    const Order& paid = **found;
    if (!can_be_refunded(paid.state) || !paid.payment) co_return fail(Refusal::wrong_state);
    if (paid.state == OrderState::refunded) co_return Refunded{std::move(**found), true};
    const WallTime now = clock_.wall_now();
    ports::PaymentJournal::RefundIntent intent{.payment = *paid.payment,
                                               .order = order,
                                               .reason = ports::PaymentJournal::RefundReason::order,
                                               .restock = restock,
                                               .intended_at = now,
                                               .try_at = now,
                                               .tries = 0,
                                               .done_at = std::nullopt};
    auto stands = co_await journal_.intend_refund(std::move(intent));
    if (!stands) co_return fail(to_refusal(stands.error()));
    const bool returned = co_await refunds_.carry_out(std::move(*stands));
    auto after = co_await book_.find(order);
    if (!after || !*after) co_return Refunded{std::move(**found), returned};
    co_return Refunded{std::move(**after), returned};
}

Fulfil::Answer<Fulfil::Preview> Fulfil::preview(OrderStep step) {
    auto found = co_await book_.find(step.order);
    if (!found) co_return fail(to_refusal(found.error()));
    if (!*found) co_return fail(Refusal::not_found);
    auto plan = domain::plan_step(**found, step, false);
    if (!plan) co_return fail(to_refusal(plan.error()));
    co_return Preview{.order = std::move(**found), .next = plan->next, .movements = std::move(plan->movements)};
}

Fulfil::Answer<Fulfil::Preview> Fulfil::preview_refund(OrderId order, bool restock) {
    auto step = step_of(order, Step::refund, clock_.wall_now());
    step.restock = restock;
    return preview(std::move(step));
}

Fulfil::Answer<Fulfil::Preview> Fulfil::preview_cancel(OrderId order) {
    return preview(step_of(order, Step::cancel, clock_.wall_now()));
}

Fulfil::Answer<Fulfil::Detail> Fulfil::detail(OrderId order) {
    auto found = co_await book_.find(order);
    if (!found) co_return fail(to_refusal(found.error()));
    if (!*found) co_return fail(Refusal::not_found);
    auto ledger = co_await book_.ledger_of(order);
    if (!ledger) co_return fail(to_refusal(ledger.error()));
    auto payments = co_await journal_.of_order(order);
    if (!payments) co_return fail(to_refusal(payments.error()));
    std::vector<PaymentId> ids;
    for (const auto& payment : *payments) ids.push_back(payment.payment);
    std::vector<ports::PaymentJournal::RefundIntent> refunds;
    if (!ids.empty()) {
        auto intents = co_await journal_.refunds_of(std::move(ids));
        if (!intents) co_return fail(to_refusal(intents.error()));
        refunds = std::move(*intents);
    }
    co_return Detail{.order = std::move(**found),
                     .ledger = std::move(*ledger),
                     .payments = std::move(*payments),
                     .refunds = std::move(refunds)};
}

Fulfil::Answer<std::optional<Order>> Fulfil::find(OrderId order) {
    auto found = co_await book_.find(order);
    if (!found) co_return fail(to_refusal(found.error()));
    co_return std::move(*found);
}

Fulfil::Answer<std::vector<Order>> Fulfil::list(ports::OrderBook::OrderQuery query) {
    auto found = co_await book_.list(std::move(query));
    if (!found) co_return fail(to_refusal(found.error()));
    co_return std::move(*found);
}

}  // namespace marketday::usecases
