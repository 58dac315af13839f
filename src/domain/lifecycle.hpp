#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "domain/order.hpp"

namespace marketday::domain {

/// What can happen to an order after it was placed.
enum class Step : std::uint8_t {
    begin_payment,     // reserved -> paying; the hold cannot expire until the gateway has been asked
    payment_captured,  // paying -> paid (units sold). On a hold that has ended: granted again, or `refund_due`
    payment_failed,    // paying -> reserved if its hold still runs, else expired
    cancel,            // reserved -> cancelled, by its customer or an operator
    expire,            // reserved and past its hold -> expired
    prepare,           // paid -> prepared
    ship,              // paid or prepared -> shipped
    deliver,           // shipped -> delivered
    give_back,         // shipped or delivered -> returned
    refund,            // paid, prepared, shipped, delivered or returned -> refunded, with or without restocking
};
std::string_view to_string(Step step);

struct OrderStep {
    OrderId order;
    Step step{};
    /// Who may do it: set for a shopper's own step, absent for operators and jobs.
    std::optional<CustomerId> customer;
    std::optional<PaymentId> payment;  // begin_payment, payment_captured, payment_failed
    bool restock = false;              // refund
    std::string tracking;              // ship
    WallTime at{};
    seconds hold_again{0};  // payment_failed: at least this much of the hold is left to try again
};

enum class StepRefusal : std::uint8_t {
    not_found,      // no such order, or not this customer's
    wrong_state,    // the state does not allow the step
    not_due,        // expire: the hold still runs
    other_payment,  // the order is being paid by another payment
};
std::string_view to_string(StepRefusal refusal);

/// What the step did. `refund_due`: a capture came for an order that cannot be served; the money must go back.
struct StepDone {
    Order order;          // as it is now
    bool changed = true;  // false: the step had been done already, by the same payment
    bool refund_due = false;
    std::optional<Receipt> receipt;  // of the stock entry, if the step moved stock
};
using StepVerdict = Result<StepDone, StepRefusal>;

/// The rule: which state follows, and how the order's units move. Pure.
struct StepPlan {
    OrderState next{};
    /// How each line's units move, in this order; two for a capture that is granted again (reserve, sell).
    std::vector<Movement> movements;
    /// The customer's use of the sale's limit: +1 takes the units again, -1 gives them back, 0 leaves it.
    int limit_use = 0;
    bool changed = true;
    bool refund_due = false;
};
/// `units_remain`: asked only when a capture comes for a hold that has ended; says whether all lines could be granted
/// again now.
Result<StepPlan, StepRefusal> plan_step(const Order& order, const OrderStep& step, bool units_remain);

/// The order after a step that `plan` allows and changes: its state, times, payment, hold and tracking. Pure.
void apply_step(Order& order, const StepPlan& plan, const OrderStep& step);

/// True for the states that hold or have sold units (they count against a customer's limit).
bool holds_units(OrderState state);

}  // namespace marketday::domain
