#include "tests/simulation/sim_bank.hpp"

#include "base/async/wait.hpp"

namespace marketday::simulation {

std::string_view to_string(ports::PaymentGateway::Status status) {
    using Status = ports::PaymentGateway::Status;
    switch (status) {
        case Status::not_known: return "not known";
        case Status::authorised: return "authorised";
        case Status::declined: return "declined";
        case Status::captured: return "captured";
        case Status::voided: return "voided";
        case Status::refunded: return "refunded";
    }
    return "?";
}

SimBank::Status SimBank::take(PaymentId payment, bool tells_surely) {
    Account& account = accounts_[payment];
    account.status = Status::captured;
    ++account.captures;
    chronicle_.note("bank", "captures payment {} of order {}", brief(payment.uuid), account.order.to_string());
    const auto tellings = tells_surely ? 1 + random_.below(2) : random_.below(3);
    for (std::uint64_t i = 0; i < tellings; ++i) {
        world_.at(world_.now() + pause(6'000), [this, payment] {
            news_.emplace(next_news_, Notification{next_news_, payment, accounts_[payment].order, Status::captured});
            ++next_news_;
        });
    }
    return Status::captured;
}

SimBank::Status SimBank::authorise_now(const Charge& charge) {
    Account& account = accounts_[charge.payment];
    if (account.status == Status::captured && faults_.captures_twice) return take(charge.payment, false);
    if (account.status != Status::not_known) return account.status;
    account.order = charge.order;
    account.amount = charge.amount;
    account.status = charge.token == "tok_decline" ? Status::declined : Status::authorised;
    chronicle_.note("bank", "{} payment {} of order {}", account.status == Status::declined ? "declines" : "authorises",
                    brief(charge.payment.uuid), charge.order.to_string());
    // Some banks take the money at once, and say so before they answer.
    if (charge.token == "tok_twice") return take(charge.payment, true);
    return account.status;
}

SimBank::Status SimBank::void_now(PaymentId payment) {
    Account& account = accounts_[payment];
    if (account.status != Status::authorised && account.status != Status::not_known) return account.status;
    account.status = Status::voided;
    chronicle_.note("bank", "voids payment {}", brief(payment.uuid));
    if (faults_.lies && !account.order.uuid.is_nil() && random_.below(3) == 0)
        world_.at(world_.now() + pause(20'000), [this, payment] {
            if (accounts_[payment].status != Status::voided) return;
            chronicle_.fault("the bank captures payment {}, which it had voided", brief(payment.uuid));
            (void)take(payment, true);
        });
    return Status::voided;
}

SimBank::Status SimBank::refund_now(PaymentId payment) {
    Account& account = accounts_[payment];
    if (account.status != Status::captured) return account.status;
    ++account.refunds;
    account.status = Status::refunded;
    chronicle_.note("bank", "refunds payment {} of order {}", brief(payment.uuid), account.order.to_string());
    return Status::refunded;
}

SimBank::Answer<SimBank::Status> SimBank::hear(const char* what, std::function<Status()> work, Instant deadline) {
    co_await sleep_for(pause(60));
    if (happens(faults_.refuses_percent)) {
        chronicle_.fault("the bank does not do: {}", std::string_view{what});
        co_return fail(Error::unavailable);
    }
    if (happens(faults_.silent_percent)) {
        chronicle_.fault("the bank is silent about: {}", std::string_view{what});
        const auto fate = random_.below(4);
        if (fate == 0) (void)work();
        // Heard long after the caller gave up.
        if (fate == 1) world_.at(world_.now() + pause(20'000), [late = std::move(work)] { (void)late(); });
        co_await sleep_until(deadline);
        co_return fail(Error::outcome_unknown);
    }
    const Status status = work();
    co_await sleep_for(pause(60));
    co_return status;
}

SimBank::Answer<SimBank::Status> SimBank::authorise(Charge charge, Instant deadline) {
    std::function<Status()> work = [this, charge = std::move(charge)] { return authorise_now(charge); };
    return hear("authorise", std::move(work), deadline);
}

SimBank::Answer<SimBank::Status> SimBank::capture(PaymentId payment, Instant deadline) {
    std::function<Status()> work = [this, payment] {
        const Status status = accounts_[payment].status;
        const bool again = faults_.captures_twice && status == Status::captured;
        return status == Status::authorised || again ? take(payment, false) : status;
    };
    return hear("capture", std::move(work), deadline);
}

SimBank::Answer<SimBank::Status> SimBank::void_payment(PaymentId payment, Instant deadline) {
    std::function<Status()> work = [this, payment] { return void_now(payment); };
    return hear("void", std::move(work), deadline);
}

SimBank::Answer<SimBank::Status> SimBank::refund(PaymentId payment, Instant deadline) {
    std::function<Status()> work = [this, payment] { return refund_now(payment); };
    return hear("refund", std::move(work), deadline);
}

SimBank::Answer<SimBank::Status> SimBank::query(PaymentId payment, Instant deadline) {
    std::function<Status()> work = [this, payment] {
        const auto known = accounts_.find(payment);
        return known == accounts_.end() ? Status::not_known : known->second.status;
    };
    return hear("query", std::move(work), deadline);
}

SimBank::Answer<std::vector<SimBank::Notification>> SimBank::notifications(std::size_t notifications_max) {
    co_await sleep_for(pause(20));
    if (happens(faults_.refuses_percent)) co_return fail(Error::unavailable);
    std::vector<Notification> news;
    for (const auto& [position, one] : news_)
        if (news.size() < notifications_max) news.push_back(one);
    co_return news;
}

SimBank::Answer<std::monostate> SimBank::acknowledge(std::vector<std::int64_t> positions) {
    co_await sleep_for(pause(20));
    if (happens(faults_.refuses_percent)) co_return fail(Error::unavailable);
    for (const auto position : positions) news_.erase(position);
    if (happens(faults_.silent_percent)) co_return fail(Error::outcome_unknown);
    co_return std::monostate{};
}

}  // namespace marketday::simulation
