#include "domain/lifecycle.hpp"

#include <algorithm>

namespace marketday::domain {
namespace {

using Plan = Result<StepPlan, StepRefusal>;

Plan unchanged(OrderState state) {
    StepPlan plan;
    plan.next = state;
    plan.changed = false;
    return plan;
}

Plan begin_payment(const Order& order, const OrderStep& step) {
    if (order.state == OrderState::paying)
        return order.payment == step.payment ? unchanged(order.state) : Plan{fail(StepRefusal::other_payment)};
    if (order.state != OrderState::reserved) return fail(StepRefusal::wrong_state);
    // A hold that has run out but was not yet swept is over all the same: its units may be promised to others.
    if (step.at >= order.hold_until) return fail(StepRefusal::wrong_state);
    return StepPlan{.next = OrderState::paying, .movements = {}};
}

Plan payment_captured(const Order& order, const OrderStep& step, bool units_remain) {
    switch (order.state) {
        case OrderState::paying:
            // Money of an earlier attempt, while another is under way: it goes back.
            if (order.payment != step.payment)
                return StepPlan{.next = order.state, .movements = {}, .changed = false, .refund_due = true};
            return StepPlan{.next = OrderState::paid, .movements = {Movement::sell}};
        case OrderState::paid:
        case OrderState::prepared:
        case OrderState::shipped:
        case OrderState::delivered:
        case OrderState::returned:
        case OrderState::refunded:
            if (order.payment == step.payment) return unchanged(order.state);
            // A second payment took money for an order that is paid already.
            return StepPlan{.next = order.state, .movements = {}, .changed = false, .refund_due = true};
        case OrderState::reserved:
            // The payment had been given up, yet the money came: the hold is still there to be sold.
            return StepPlan{.next = OrderState::paid, .movements = {Movement::sell}};
        case OrderState::cancelled:
        case OrderState::expired:
            if (units_remain)
                return StepPlan{
                    .next = OrderState::paid, .movements = {Movement::reserve, Movement::sell}, .limit_use = 1};
            return StepPlan{.next = order.state, .movements = {}, .changed = false, .refund_due = true};
    }
    return fail(StepRefusal::wrong_state);
}

Plan payment_failed(const Order& order, const OrderStep& step) {
    if (order.state != OrderState::paying)
        return order.payment == step.payment ? unchanged(order.state) : Plan{fail(StepRefusal::wrong_state)};
    if (order.payment != step.payment) return fail(StepRefusal::other_payment);
    if (step.at < order.hold_until || step.hold_again.count() > 0)
        return StepPlan{.next = OrderState::reserved, .movements = {}};
    return StepPlan{.next = OrderState::expired, .movements = {Movement::expire}, .limit_use = -1};
}

bool is_any(OrderState state, std::initializer_list<OrderState> states) {
    for (const OrderState one : states)
        if (one == state) return true;
    return false;
}

/// A step that moves no units, from one of `from` to `to`; repeating it changes nothing.
Plan plain(OrderState state, std::initializer_list<OrderState> from, OrderState to) {
    if (state == to) return unchanged(state);
    if (!is_any(state, from)) return fail(StepRefusal::wrong_state);
    return StepPlan{.next = to, .movements = {}};
}

}  // namespace

bool holds_units(OrderState state) {
    switch (state) {
        case OrderState::reserved:
        case OrderState::paying:
        case OrderState::paid:
        case OrderState::prepared:
        case OrderState::shipped:
        case OrderState::delivered:
        case OrderState::returned: return true;
        case OrderState::cancelled:
        case OrderState::expired:
        case OrderState::refunded: return false;
    }
    return false;
}

Result<StepPlan, StepRefusal> plan_step(const Order& order, const OrderStep& step, bool units_remain) {
    using enum OrderState;
    if (step.customer && *step.customer != order.customer) return fail(StepRefusal::not_found);
    switch (step.step) {
        case Step::begin_payment: return begin_payment(order, step);
        case Step::payment_captured: return payment_captured(order, step, units_remain);
        case Step::payment_failed: return payment_failed(order, step);
        case Step::cancel:
            if (order.state == cancelled) return unchanged(cancelled);
            if (order.state != reserved) return fail(StepRefusal::wrong_state);
            return StepPlan{.next = cancelled, .movements = {Movement::release}, .limit_use = -1};
        case Step::expire:
            if (order.state == expired) return unchanged(expired);
            if (order.state != reserved) return fail(StepRefusal::wrong_state);
            if (step.at < order.hold_until) return fail(StepRefusal::not_due);
            return StepPlan{.next = expired, .movements = {Movement::expire}, .limit_use = -1};
        case Step::prepare: return plain(order.state, {paid}, prepared);
        case Step::ship: return plain(order.state, {paid, prepared}, shipped);
        case Step::deliver: return plain(order.state, {shipped}, delivered);
        case Step::give_back: return plain(order.state, {shipped, delivered}, returned);
        case Step::refund: {
            if (order.state == refunded) return unchanged(refunded);
            if (!is_any(order.state, {paid, prepared, shipped, delivered, returned}))
                return fail(StepRefusal::wrong_state);
            StepPlan plan{.next = refunded, .movements = {}};
            // Units that do not come back stay sold, and so does the customer's use of the limit.
            if (step.restock) plan.movements = {Movement::restock}, plan.limit_use = -1;
            return plan;
        }
    }
    return fail(StepRefusal::wrong_state);
}

void apply_step(Order& order, const StepPlan& plan, const OrderStep& step) {
    order.state = plan.next;
    order.updated_at = step.at;
    if (step.payment && (step.step == Step::begin_payment || step.step == Step::payment_captured))
        order.payment = step.payment;
    if (step.step == Step::payment_captured && !order.captured_at) order.captured_at = step.at;
    if (step.step == Step::refund) order.refunded_at = step.at;
    if (step.step == Step::payment_failed && plan.next == OrderState::reserved)
        order.hold_until = std::max(order.hold_until, step.at + step.hold_again);
    if (step.step == Step::ship) order.tracking = step.tracking;
}

}  // namespace marketday::domain
