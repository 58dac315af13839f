#include "usecases/pay_refunds.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "usecases/in_parallel.hpp"

namespace marketday::usecases {

using Status = ports::PaymentGateway::Status;
using Reason = ports::PaymentJournal::RefundReason;

Task<Refunds::Returned> Refunds::return_money(PaymentId payment) {
    const Instant deadline = clock_.now() + options_.gateway_wait;
    const auto status = co_await gateway_.refund(payment, deadline);
    if (!status) co_return Returned::not_yet;
    switch (*status) {
        case Status::refunded: co_return Returned::yes;
        case Status::declined:
        case Status::voided: co_return Returned::nothing_to_return;
        case Status::captured: co_return Returned::not_yet;
        case Status::authorised:
        case Status::not_known: break;
    }
    // Not captured yet: make sure that it never is.
    const auto voided = co_await gateway_.void_payment(payment, deadline);
    if (!voided) co_return Returned::not_yet;
    const bool final = *voided == Status::voided || *voided == Status::declined;
    co_return final ? Returned::nothing_to_return : Returned::not_yet;
}

Task<bool> Refunds::finish(Intent intent) {
    if (intent.reason == Reason::order) {
        domain::OrderStep step{.order = intent.order,
                               .step = domain::Step::refund,
                               .customer = std::nullopt,
                               .payment = std::nullopt,
                               .restock = intent.restock,
                               .tracking = {},
                               .at = clock_.wall_now()};
        const auto verdict = co_await steps_.advance(std::move(step));
        if (!verdict) co_return false;
        if (!*verdict) {
            log::error("refund.state.refused",
                       {{"order", intent.order.to_string()}, {"reason", domain::to_string(verdict->error())}});
            co_return false;
        }
    }
    const auto noted = co_await journal_.refund_done(intent.payment, clock_.wall_now());
    co_return noted.has_value();
}

Task<void> Refunds::put_off(Intent intent) {
    const auto doublings = std::min<std::int64_t>(intent.tries, 20);
    const milliseconds pause = options_.pause_first * (1LL << doublings);
    (void)co_await journal_.refund_failed(intent.payment, clock_.wall_now() + std::min(pause, options_.pause_max));
}

Task<bool> Refunds::carry_out(Intent intent) {
    if (intent.done_at) co_return true;
    if (intent.reason == Reason::stray_capture) {
        // Somebody may have granted the order by this very capture before the intent was written.
        const auto order = co_await book_.find(intent.order);
        if (!order) {
            co_await put_off(intent);
            co_return false;
        }
        const bool served = *order && (**order).payment == intent.payment && (**order).captured_at &&
                            domain::holds_units((**order).state);
        if (served) {
            const auto noted = co_await journal_.refund_done(intent.payment, clock_.wall_now());
            co_return noted.has_value();
        }
    }
    const auto returned = co_await return_money(intent.payment);
    if (returned == Returned::nothing_to_return && intent.reason == Reason::order)
        log::error("refund.without.capture", {{"order", intent.order.to_string()}});
    const bool may_finish = returned == Returned::yes ||
                            (returned == Returned::nothing_to_return && intent.reason == Reason::stray_capture);
    const bool done = may_finish && co_await finish(intent);
    if (!done) co_await put_off(intent);
    co_return done;
}

Task<void> Refunds::carry_out_one(Refunds* self, Intent intent) { (void)co_await self->carry_out(intent); }

Task<JobTurn> Refunds::run(ports::Fence) {
    constexpr std::size_t kTurnMax = 200;
    auto due = co_await journal_.refunds_due(clock_.wall_now(), kTurnMax);
    if (!due) co_return JobTurn{.failed = true};
    JobTurn turn{.items = due->size(), .more = due->size() == kTurnMax};
    std::function<Task<void>(Intent)> work = [this](Intent intent) { return carry_out_one(this, std::move(intent)); };
    co_await in_parallel<Intent>("refund", std::move(*due), options_.at_once, std::move(work));
    co_return turn;
}

}  // namespace marketday::usecases
