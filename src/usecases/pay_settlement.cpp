#include "usecases/pay_settlement.hpp"

#include "base/log.hpp"

namespace marketday::usecases {

using Reason = ports::PaymentJournal::RefundReason;

/// One payment is settled by one task at a time: else a capture that was sent back by one could be granted by another.
struct Settlement::Turn {
    std::shared_ptr<Busy> busy;
    PaymentId payment;

    Turn(std::shared_ptr<Busy> b, PaymentId p) : busy(std::move(b)), payment(p) {
        busy->emplace(payment, std::make_shared<Event>());
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() {
        const auto mine = busy->find(payment);
        const auto done = mine->second;
        busy->erase(mine);
        done->set();
    }
};

Task<void> Settlement::wait_for_turn(PaymentId payment) {
    while (true) {
        const auto other = busy_->find(payment);
        if (other == busy_->end()) co_return;
        const std::shared_ptr<Event> done = other->second;
        (void)co_await done->wait();
    }
}

StepLane::Answer Settlement::advance(domain::OrderStep step) {
    for (int tries = 1;; ++tries) {
        auto copy = step;
        auto verdict = co_await steps_.advance(std::move(copy));
        if (verdict || tries >= options_.tries) co_return std::move(verdict);
        co_await sleep_for(options_.pause * tries);
    }
}

Task<Result<Settlement::Settled, Settlement::Error>> Settlement::captured(OrderId order, PaymentId payment) {
    co_await wait_for_turn(payment);
    const Turn turn{busy_, payment};
    auto settled = co_await capture_in_turn(order, payment);
    co_return std::move(settled);
}

Task<Result<Settlement::Settled, Settlement::Error>> Settlement::capture_in_turn(OrderId order, PaymentId payment) {
    std::vector<PaymentId> asked{payment};
    const auto intents = co_await journal_.refunds_of(std::move(asked));
    if (!intents) co_return fail(Error::not_now);
    // Once the money is on its way back the order must never be granted by it.
    if (!intents->empty() && intents->front().reason == Reason::stray_capture)
        co_return Settled{.order = std::nullopt, .receipt = std::nullopt, .money_goes_back = true};

    domain::OrderStep step{.order = order,
                           .step = domain::Step::payment_captured,
                           .customer = std::nullopt,
                           .payment = payment,
                           .restock = false,
                           .tracking = {},
                           .at = clock_.wall_now()};
    auto verdict = co_await advance(std::move(step));
    if (!verdict) co_return fail(Error::not_now);
    if (*verdict && !(**verdict).refund_due)
        co_return Settled{.order = std::move((**verdict).order), .receipt = (**verdict).receipt};
    std::optional<domain::Order> found;
    if (*verdict) found = std::move((**verdict).order);
    auto sent = co_await send_back(order, payment, std::move(found));
    co_return std::move(sent);
}

Task<Result<Settlement::Settled, Settlement::Error>> Settlement::send_back(OrderId order, PaymentId payment,
                                                                           std::optional<domain::Order> found) {
    const WallTime now = clock_.wall_now();
    ports::PaymentJournal::RefundIntent intent{.payment = payment,
                                               .order = order,
                                               .reason = Reason::stray_capture,
                                               .restock = false,
                                               .intended_at = now,
                                               .try_at = now,
                                               .tries = 0,
                                               .done_at = std::nullopt};
    auto stands = co_await journal_.intend_refund(std::move(intent));
    if (!stands) co_return fail(Error::not_now);
    log::info("payment.sent_back", {{"order", order.to_string()}, {"payment", payment.to_string()}});
    (void)co_await refunds_.carry_out(std::move(*stands));
    co_return Settled{.order = std::move(found), .receipt = std::nullopt, .money_goes_back = true};
}

Task<Result<Settlement::Settled, Settlement::Error>> Settlement::failed(OrderId order, PaymentId payment,
                                                                        WallTime placed_at,
                                                                        ports::PaymentJournal::Outcome outcome) {
    co_await wait_for_turn(payment);
    const Turn turn{busy_, payment};
    const WallTime now = clock_.wall_now();
    const bool again = now < placed_at + options_.hold_again_until;
    domain::OrderStep step{.order = order,
                           .step = domain::Step::payment_failed,
                           .customer = std::nullopt,
                           .payment = payment,
                           .restock = false,
                           .tracking = {},
                           .at = now,
                           .hold_again = again ? options_.hold_again : seconds{0}};
    auto verdict = co_await advance(std::move(step));
    if (!verdict) co_return fail(Error::not_now);
    // An answer that was long under way tells of a refund, perhaps: the order had been paid, and its payment did not
    // fail.
    if (*verdict && (**verdict).order.captured_at && (**verdict).order.payment == payment)
        co_return Settled{.order = std::move((**verdict).order), .receipt = {}};
    std::vector<ports::PaymentJournal::Closing> closing{{payment, outcome}};
    const auto closed = co_await journal_.close(std::move(closing));
    if (!closed) co_return fail(Error::not_now);
    Settled settled;
    if (*verdict) settled.order = std::move((**verdict).order);
    co_return std::move(settled);
}

}  // namespace marketday::usecases
