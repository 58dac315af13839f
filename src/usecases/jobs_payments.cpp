#include "usecases/jobs_payments.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "usecases/in_parallel.hpp"

namespace marketday::usecases {

using Status = ports::PaymentGateway::Status;
using JournalOutcome = ports::PaymentJournal::Outcome;

constexpr std::size_t kTurnMax = 1000;
constexpr std::chrono::hours kKeysKept{7 * 24};

/// True when the order no longer waits for the gateway.
Task<bool> Reconcile::take_in(OrderId order, PaymentId payment, WallTime placed_at, Status status) {
    switch (status) {
        case Status::captured: {
            const auto settled = co_await settlement_.captured(order, payment);
            co_return settled.has_value();
        }
        case Status::declined:
        case Status::voided:
        case Status::refunded: {
            const auto outcome = status == Status::declined ? JournalOutcome::declined : JournalOutcome::voided;
            const auto settled = co_await settlement_.failed(order, payment, placed_at, outcome);
            co_return settled.has_value();
        }
        case Status::not_known:
        case Status::authorised: co_return false;
    }
    co_return false;
}

Task<bool> Reconcile::find_out(domain::Order order) {
    const PaymentId payment = *order.payment;
    const Instant deadline = clock_.now() + options_.gateway_wait;
    auto status = co_await gateway_.query(payment, deadline);
    if (status && *status == Status::authorised) {
        // Its shopper wanted it and may be gone: the money is there, the units too.
        auto taken = co_await gateway_.capture(payment, deadline);
        status = std::move(taken);
    }
    if (status && *status == Status::not_known) {
        // Voided before the hold is let go, so that a charge that arrives late finds itself forbidden.
        auto voided = co_await gateway_.void_payment(payment, deadline);
        status = std::move(voided);
    }
    if (!status) co_return false;
    const Status said = *status;
    const bool settled = co_await take_in(order.id, payment, order.placed_at, said);
    co_return settled;
}

Task<void> Reconcile::ask_one(Reconcile* self, domain::Order order) {
    const OrderId id = order.id;
    const bool settled = order.payment && co_await self->find_out(std::move(order));
    if (settled) {
        self->pauses_.erase(id);
        co_return;
    }
    Pause& pause = self->pauses_[id];
    const milliseconds wait = self->options_.pause_first * (1LL << std::min(pause.questions, 20));
    ++pause.questions;
    pause.next = self->clock_.now() + std::min(wait, self->options_.pause_max);
}

Task<JobTurn> Reconcile::ask(ports::Fence) {
    auto paying = co_await book_.paying_since(clock_.wall_now() - options_.after, kTurnMax);
    if (!paying) co_return JobTurn{.failed = true};
    std::map<OrderId, Pause> kept;
    std::vector<domain::Order> due;
    for (auto& order : *paying) {
        const auto pause = pauses_.find(order.id);
        if (pause != pauses_.end()) kept.insert(*pause);
        if (pause == pauses_.end() || pause->second.next <= clock_.now()) due.push_back(std::move(order));
    }
    pauses_ = std::move(kept);
    const JobTurn turn{.items = due.size()};
    std::function<Task<void>(domain::Order)> work = [this](domain::Order order) {
        return ask_one(this, std::move(order));
    };
    co_await in_parallel<domain::Order>("payment.ask", std::move(due), options_.at_once, std::move(work));
    co_return turn;
}

Task<void> Reconcile::hear_one(Reconcile* self, Notification news, std::shared_ptr<Heard> heard) {
    bool settled = true;
    if (news.status == Status::captured) {
        settled = co_await self->take_in(news.order, news.payment, WallTime{}, news.status);
    } else if (news.status == Status::declined || news.status == Status::voided) {
        const auto order = co_await self->book_.find(news.order);
        settled = order.has_value();
        const bool waits =
            order && *order && (**order).state == domain::OrderState::paying && (**order).payment == news.payment;
        if (waits) settled = co_await self->take_in(news.order, news.payment, (**order).placed_at, news.status);
    }
    if (settled)
        heard->settled.push_back(news.position);
    else
        ++heard->failed;
}

Task<JobTurn> Reconcile::listen(ports::Fence) {
    auto news = co_await gateway_.notifications(kTurnMax);
    if (!news) co_return JobTurn{.failed = true};
    if (news->empty()) co_return JobTurn{};
    const std::size_t count = news->size();
    auto heard = std::make_shared<Heard>();
    std::function<Task<void>(Notification)> work = [this, heard](Notification one) {
        return hear_one(this, one, heard);
    };
    // All at once: their steps share commits.
    co_await in_parallel<Notification>("payment.news", std::move(*news), kTurnMax, std::move(work));
    JobTurn turn{.items = heard->settled.size(), .more = count == kTurnMax, .failed = heard->failed > 0};
    if (!heard->settled.empty()) {
        auto positions = heard->settled;
        const auto acknowledged = co_await gateway_.acknowledge(std::move(positions));
        if (!acknowledged) turn.failed = true;
    }
    co_return turn;
}

Task<JobTurn> ExpireHolds::run(ports::Fence) {
    const WallTime now = clock_.wall_now();
    const auto overdue = co_await book_.overdue(now, kTurnMax);
    if (!overdue) co_return JobTurn{.failed = true};
    if (overdue->empty()) co_return JobTurn{};
    std::vector<domain::OrderStep> steps;
    for (const OrderId& order : *overdue) {
        domain::OrderStep step;
        step.order = order;
        step.step = domain::Step::expire;
        step.at = now;
        steps.push_back(std::move(step));
    }
    const auto verdicts = co_await book_.advance(std::move(steps));
    if (!verdicts) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = overdue->size(), .more = overdue->size() == kTurnMax};
}

Task<JobTurn> ForgetPayments::run(ports::Fence fence) {
    const auto forgotten = co_await journal_.purge(clock_.wall_now() - kKeysKept, kTurnMax, std::move(fence));
    if (!forgotten) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = *forgotten, .more = *forgotten == kTurnMax};
}

}  // namespace marketday::usecases
