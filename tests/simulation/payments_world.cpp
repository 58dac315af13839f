#include "tests/simulation/payments_world.hpp"

namespace marketday::simulation {

using domain::Order;
using domain::OrderState;

Faults::Kind Faults::draw() {
    if (!chance(percent_)) return Kind::none;
    switch (random_.below(3)) {
        case 0: return Kind::refused;
        case 1: return Kind::lost_before;
        default: return Kind::lost_after;
    }
}

SimOrderBook::SimOrderBook(Faults& faults, std::int64_t units) : faults_(faults) {
    facts_.price = Money{1000, *Currency::parse("KRW")};
    facts_.version = 1;
    facts_.level.received = units;
    facts_.level.available = units;
}

domain::Verdict SimOrderBook::place_one(const domain::OrderRequest& request) {
    const auto known = keys_.find({request.customer, request.key});
    if (known != keys_.end()) return known->second;
    auto decision = domain::decide(request, request.currency, {}, *this);
    domain::Verdict verdict;
    if (auto* refused = std::get_if<domain::Refused>(&decision)) {
        verdict.outcome = *refused;
    } else {
        const auto& grant = std::get<domain::Grant>(decision);
        Order order;
        order.id = request.order;
        order.customer = request.customer;
        order.placed_at = order.updated_at = request.placed_at;
        order.hold_until = request.hold_until;
        order.total = grant.total;
        order.shipping = grant.shipping;
        order.lines = request.lines;
        orders_[order.id] = order;
        verdict.outcome = domain::Granted{order.id, grant.total, grant.shipping, request.hold_until, {}};
    }
    keys_[{request.customer, request.key}] = verdict;
    return verdict;
}

domain::StepVerdict SimOrderBook::step_one(const domain::OrderStep& step) {
    const auto found = orders_.find(step.order);
    if (found == orders_.end()) return fail(domain::StepRefusal::not_found);
    Order& order = found->second;
    const bool remain = step.step == domain::Step::payment_captured && !domain::holds_units(order.state) &&
                        domain::can_hold_again(order, *this);
    const auto plan = domain::plan_step(order, step, remain);
    if (!plan) return fail(plan.error());
    domain::StepDone done{.order = order, .changed = plan->changed, .refund_due = plan->refund_due, .receipt = {}};
    if (!plan->changed) return done;
    for (const auto movement : plan->movements) {
        const bool moved = domain::apply(facts_.level, movement, order.lines.front().quantity);
        MD_ASSERT(moved);
        if (movement == domain::Movement::restock) ++restocked_;
    }
    order.state = plan->next;
    order.updated_at = step.at;
    if (step.payment && (step.step == domain::Step::begin_payment || step.step == domain::Step::payment_captured))
        order.payment = step.payment;
    if (step.step == domain::Step::payment_captured && !order.captured_at) order.captured_at = step.at;
    if (step.step == domain::Step::refund) order.refunded_at = step.at;
    if (step.step == domain::Step::payment_failed && order.state == OrderState::reserved)
        order.hold_until = std::max(order.hold_until, step.at + step.hold_again);
    done.order = order;
    return done;
}

SimOrderBook::Answer<std::vector<domain::Verdict>> SimOrderBook::place(
    const std::vector<domain::OrderRequest>& requests) {
    return faults_.call<std::vector<domain::Verdict>, Error>([this, requests] {
        std::vector<domain::Verdict> verdicts;
        for (const auto& request : requests) verdicts.push_back(place_one(request));
        return verdicts;
    });
}

SimOrderBook::Answer<std::vector<domain::StepVerdict>> SimOrderBook::advance(std::vector<domain::OrderStep> steps) {
    return faults_.call<std::vector<domain::StepVerdict>, Error>([this, steps = std::move(steps)] {
        std::vector<domain::StepVerdict> verdicts;
        for (const auto& step : steps) verdicts.push_back(step_one(step));
        return verdicts;
    });
}

SimOrderBook::Answer<std::optional<Order>> SimOrderBook::find(OrderId order) {
    return faults_.call<std::optional<Order>, Error>([this, order]() -> std::optional<Order> {
        const auto found = orders_.find(order);
        return found == orders_.end() ? std::nullopt : std::optional{found->second};
    });
}

SimOrderBook::Answer<std::vector<Order>> SimOrderBook::list(OrderQuery) { co_return fail(Error::unavailable); }

SimOrderBook::Answer<std::vector<OrderId>> SimOrderBook::overdue(WallTime now, std::size_t orders_max) {
    return faults_.call<std::vector<OrderId>, Error>([this, now, orders_max] {
        std::vector<OrderId> due;
        for (const auto& [id, order] : orders_)
            if (order.state == OrderState::reserved && order.hold_until <= now && due.size() < orders_max)
                due.push_back(id);
        return due;
    });
}

SimOrderBook::Answer<std::vector<Order>> SimOrderBook::paying_since(WallTime before, std::size_t orders_max) {
    return faults_.call<std::vector<Order>, Error>([this, before, orders_max] {
        std::vector<Order> paying;
        for (const auto& [id, order] : orders_)
            if (order.state == OrderState::paying && order.updated_at <= before && paying.size() < orders_max)
                paying.push_back(order);
        return paying;
    });
}

SimOrderBook::Answer<Result<domain::Receipt, SimOrderBook::StockRefusal>> SimOrderBook::change_stock(StockChange) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<std::optional<domain::StockLevel>>> SimOrderBook::stock(std::vector<domain::SkuCode>) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<SimOrderBook::Offer>> SimOrderBook::set_offers(std::vector<Offer>) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<std::optional<SimOrderBook::Offer>>> SimOrderBook::offers(
    std::vector<domain::SkuCode>) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<Result<domain::Sale, SimOrderBook::SaleRefusal>> SimOrderBook::create_sale(domain::Sale) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<Result<domain::Sale, SimOrderBook::SaleRefusal>> SimOrderBook::set_sale_state(SaleId,
                                                                                                   domain::SaleState,
                                                                                                   WallTime) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::optional<domain::Sale>> SimOrderBook::find_sale(SaleId) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<domain::Sale>> SimOrderBook::sales(std::size_t) { co_return fail(Error::unavailable); }
SimOrderBook::Answer<std::vector<domain::LedgerEntry>> SimOrderBook::ledger_after(std::int64_t, std::size_t) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<domain::LedgerEntry>> SimOrderBook::ledger_of(OrderId) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::vector<SimOrderBook::OutboxMessage>> SimOrderBook::outbox(std::int64_t, std::size_t) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<std::monostate> SimOrderBook::outbox_sent(std::int64_t) { co_return fail(Error::unavailable); }
SimOrderBook::Answer<std::size_t> SimOrderBook::forget_outbox(WallTime, std::size_t) {
    co_return fail(Error::unavailable);
}
SimOrderBook::Answer<SimOrderBook::KeysForgotten> SimOrderBook::forget_keys(WallTime, std::optional<std::string>,
                                                                            std::size_t) {
    co_return fail(Error::unavailable);
}

// The journal.

SimJournal::Answer<std::vector<SimJournal::Entry>> SimJournal::open(std::vector<Entry> entries) {
    return faults_.call<std::vector<Entry>, Error>([this, entries = std::move(entries)] {
        std::vector<Entry> stored;
        for (const auto& entry : entries) stored.push_back(entries_.emplace(entry.payment, entry).first->second);
        return stored;
    });
}

SimJournal::Answer<std::vector<SimJournal::Entry>> SimJournal::of_order(OrderId order) {
    std::vector<Entry> entries;
    for (const auto& [payment, entry] : entries_) {
        if (entry.order == order) entries.push_back(entry);
    }
    co_return entries;
}

SimJournal::Answer<std::monostate> SimJournal::close(std::vector<Closing> closings) {
    return faults_.call<std::monostate, Error>([this, closings = std::move(closings)] {
        for (const auto& closing : closings) {
            const auto entry = entries_.find(closing.payment);
            if (entry != entries_.end() && entry->second.outcome == Outcome::open)
                entry->second.outcome = closing.outcome;
        }
        return std::monostate{};
    });
}

SimJournal::Answer<SimJournal::RefundIntent> SimJournal::intend_refund(RefundIntent intent) {
    return faults_.call<RefundIntent, Error>(
        [this, intent] { return refunds_.emplace(intent.payment, intent).first->second; });
}

SimJournal::Answer<std::vector<SimJournal::RefundIntent>> SimJournal::refunds_of(std::vector<PaymentId> payments) {
    return faults_.call<std::vector<RefundIntent>, Error>([this, payments = std::move(payments)] {
        std::vector<RefundIntent> found;
        for (const auto& payment : payments) {
            const auto intent = refunds_.find(payment);
            if (intent != refunds_.end()) found.push_back(intent->second);
        }
        return found;
    });
}

SimJournal::Answer<std::vector<SimJournal::RefundIntent>> SimJournal::refunds_due(WallTime now,
                                                                                  std::size_t intents_max) {
    return faults_.call<std::vector<RefundIntent>, Error>([this, now, intents_max] {
        std::vector<RefundIntent> due;
        for (const auto& [payment, intent] : refunds_)
            if (!intent.done_at && intent.try_at <= now && due.size() < intents_max) due.push_back(intent);
        return due;
    });
}

SimJournal::Answer<std::monostate> SimJournal::refund_failed(PaymentId payment, WallTime try_at) {
    return faults_.call<std::monostate, Error>([this, payment, try_at] {
        auto& intent = refunds_.at(payment);
        if (!intent.done_at) intent.try_at = try_at, ++intent.tries;
        return std::monostate{};
    });
}

SimJournal::Answer<std::monostate> SimJournal::refund_done(PaymentId payment, WallTime at) {
    return faults_.call<std::monostate, Error>([this, payment, at] {
        auto& intent = refunds_.at(payment);
        if (!intent.done_at) intent.done_at = at;
        return std::monostate{};
    });
}

SimJournal::Answer<std::int64_t> SimJournal::refunds_open() {
    return faults_.call<std::int64_t, Error>([this] {
        return static_cast<std::int64_t>(
            std::ranges::count_if(refunds_, [](const auto& one) { return !one.second.done_at; }));
    });
}

SimJournal::Answer<std::size_t> SimJournal::purge(WallTime, std::size_t, ports::Fence) {
    co_return fail(Error::unavailable);
}

// The bank.

SimBank::Status SimBank::take(PaymentId payment, bool tells_surely) {
    Account& account = accounts_[payment];
    account.status = Status::captured;
    ++account.captures;
    const std::uint64_t times = tells_surely ? 1 + faults_.random().below(2) : faults_.random().below(3);
    for (std::uint64_t i = 0; i < times; ++i) {
        news_[next_news_] = {next_news_, payment, account.order, Status::captured};
        ++next_news_;
    }
    return Status::captured;
}

SimBank::Status SimBank::charge_now(Charge charge) {
    Account& account = accounts_[charge.payment];
    account.order = charge.order;
    if (account.status == Status::voided && lies_ && faults_.chance(60))
        spawn(faults_.executor(), "bank.lie", lie_later(this, charge.payment, faults_.pause(40'000)));
    if (account.status != Status::not_known) return account.status;
    if (charge.token == "tok_decline") return account.status = Status::declined;
    if (charge.token == "tok_twice") return take(charge.payment, true);
    return account.status = Status::authorised;
}

SimBank::Status SimBank::void_now(PaymentId payment) {
    Account& account = accounts_[payment];
    if (account.status != Status::authorised && account.status != Status::not_known) return account.status;
    return account.status = Status::voided;
}

Task<void> SimBank::lie_later(SimBank* bank, PaymentId payment, milliseconds pause) {
    co_await sleep_for(pause);
    if (bank->accounts_[payment].status == Status::voided) bank->take(payment, true);
}

Task<void> SimBank::hear_later(std::function<Status()> work, milliseconds pause) {
    co_await sleep_for(pause);
    (void)work();
}

SimBank::Answer<SimBank::Status> SimBank::hear(std::function<Status()> work, Instant deadline) {
    co_await sleep_for(faults_.pause(50));
    switch (faults_.draw()) {
        case Faults::Kind::none: break;
        case Faults::Kind::refused: co_return fail(Error::unavailable);
        case Faults::Kind::lost_before:
            // Never heard, or heard long after the caller gave up.
            if (faults_.chance(50))
                spawn(faults_.executor(), "bank", hear_later(std::move(work), faults_.pause(20'000)));
            co_await sleep_until(deadline);
            co_return fail(Error::outcome_unknown);
        case Faults::Kind::lost_after:
            (void)work();
            co_await sleep_until(deadline);
            co_return fail(Error::outcome_unknown);
    }
    const Status status = work();
    co_await sleep_for(faults_.pause(50));
    co_return status;
}

SimBank::Answer<SimBank::Status> SimBank::authorise(Charge charge, Instant deadline) {
    return hear([this, charge = std::move(charge)] { return charge_now(charge); }, deadline);
}

SimBank::Answer<SimBank::Status> SimBank::capture(PaymentId payment, Instant deadline) {
    return hear(
        [this, payment] {
            const Status status = accounts_[payment].status;
            return status == Status::authorised ? take(payment, false) : status;
        },
        deadline);
}

SimBank::Answer<SimBank::Status> SimBank::void_payment(PaymentId payment, Instant deadline) {
    return hear([this, payment] { return void_now(payment); }, deadline);
}

SimBank::Answer<SimBank::Status> SimBank::refund(PaymentId payment, Instant deadline) {
    return hear(
        [this, payment] {
            Account& account = accounts_[payment];
            if (account.status != Status::captured) return account.status;
            ++account.refunds;
            return account.status = Status::refunded;
        },
        deadline);
}

SimBank::Answer<SimBank::Status> SimBank::query(PaymentId payment, Instant deadline) {
    return hear([this, payment] { return accounts_[payment].status; }, deadline);
}

SimBank::Answer<std::vector<SimBank::Notification>> SimBank::notifications(std::size_t notifications_max) {
    return faults_.call<std::vector<Notification>, Error>([this, notifications_max] {
        std::vector<Notification> news;
        for (const auto& [position, one] : news_)
            if (news.size() < notifications_max) news.push_back(one);
        return news;
    });
}

SimBank::Answer<std::monostate> SimBank::acknowledge(std::vector<std::int64_t> positions) {
    return faults_.call<std::monostate, Error>([this, positions = std::move(positions)] {
        for (const auto position : positions) news_.erase(position);
        return std::monostate{};
    });
}

}  // namespace marketday::simulation
