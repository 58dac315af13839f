#include "usecases/pay.hpp"

#include <algorithm>

#include "base/hash.hpp"

namespace marketday::usecases {
namespace {

using Status = ports::PaymentGateway::Status;
using JournalOutcome = ports::PaymentJournal::Outcome;

domain::RequestHash hash_of(std::string_view token) {
    const Hash256 whole = blake2b(token);
    domain::RequestHash hash{};
    std::copy_n(whole.begin(), hash.size(), hash.begin());
    return hash;
}

Pay::Refusal to_refusal(LaneError error) {
    switch (error) {
        case LaneError::busy:
        case LaneError::too_late: return Pay::Refusal::busy;
        case LaneError::unavailable: return Pay::Refusal::unavailable;
        case LaneError::outcome_unknown: return Pay::Refusal::outcome_unknown;
    }
    return Pay::Refusal::unavailable;
}

Pay::Refusal to_refusal(ports::OrderBook::Error error) {
    switch (error) {
        case ports::OrderBook::Error::outcome_unknown: return Pay::Refusal::outcome_unknown;
        case ports::OrderBook::Error::unavailable: return Pay::Refusal::unavailable;
    }
    return Pay::Refusal::unavailable;
}

}  // namespace

struct Pay::InFlight {
    std::shared_ptr<std::set<PaymentId>> all;
    PaymentId mine;

    InFlight(std::shared_ptr<std::set<PaymentId>> a, PaymentId m) : all(std::move(a)), mine(m) {}
    InFlight(const InFlight&) = delete;
    InFlight& operator=(const InFlight&) = delete;
    ~InFlight() { all->erase(mine); }
};

Pay::Pay(Executor& executor, ports::OrderBook& book, StepLane& steps, ports::PaymentJournal& journal,
         ports::PaymentGateway& gateway, Settlement& settlement, const Clock& clock, Options options)
    : book_(book),
      steps_(steps),
      journal_(journal),
      gateway_(gateway),
      settlement_(settlement),
      clock_(clock),
      options_(options),
      opening_(
          executor, {.depth_max = 50'000, .batch_max = 1000},
          [&journal](std::vector<ports::PaymentJournal::Entry> entries) { return journal.open(std::move(entries)); }) {}

PaymentId Pay::payment_id(const CustomerId& customer, const OrderId& order, std::string_view key) {
    std::string text = "marketday-payment";
    text.append(reinterpret_cast<const char*>(customer.uuid.bytes.data()), customer.uuid.bytes.size());
    text.append(reinterpret_cast<const char*>(order.uuid.bytes.data()), order.uuid.bytes.size());
    text.append(key);
    const Hash256 hash = blake2b(text);
    PaymentId payment;
    auto& bytes = payment.uuid.bytes;
    std::copy_n(hash.begin(), bytes.size(), bytes.begin());
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0f) | 0x80);  // version 8: custom (RFC 9562)
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3f) | 0x80);
    bytes[14] = static_cast<std::uint8_t>((bytes[14] & 0xf0) | (order.bucket() >> 8));
    bytes[15] = static_cast<std::uint8_t>(order.bucket() & 0xff);
    return payment;
}

Task<Pay::Answered> Pay::pay(Command command) {
    const PaymentId payment = payment_id(command.customer, command.order, command.key);
    if (!in_flight_->insert(payment).second) co_return fail(Refusal::in_flight);
    const InFlight mine{in_flight_, payment};
    auto answered = co_await pay_alone(std::move(command), payment);
    co_return std::move(answered);
}

Task<Pay::Answered> Pay::pay_alone(Command command, PaymentId payment) {
    ports::PaymentJournal::Entry entry{.payment = payment,
                                       .order = command.order,
                                       .request_hash = hash_of(command.token),
                                       .outcome = JournalOutcome::open,
                                       .opened_at = clock_.wall_now()};
    const auto request_hash = entry.request_hash;
    const auto opened = co_await opening_.submit(std::move(entry), command.deadline);
    if (!opened) co_return fail(to_refusal(opened.error()));
    if (opened->request_hash != request_hash) co_return fail(Refusal::key_reused);
    switch (opened->outcome) {
        case JournalOutcome::open: break;
        case JournalOutcome::declined:
        case JournalOutcome::voided: co_return fail(Refusal::declined);
    }

    domain::OrderStep begin{.order = command.order,
                            .step = domain::Step::begin_payment,
                            .customer = command.customer,
                            .payment = payment,
                            .restock = false,
                            .tracking = {},
                            .at = clock_.wall_now()};
    auto begun = co_await steps_.advance(std::move(begin), command.deadline);
    if (!begun) co_return fail(to_refusal(begun.error()));
    if (!*begun) {
        const auto refusal = begun->error();
        auto explained = co_await explain(std::move(command), payment, refusal);
        co_return std::move(explained);
    }
    const Instant deadline = std::min(command.deadline, clock_.now() + options_.answer_wait);
    auto order = std::move((**begun).order);
    auto charged = co_await charge(std::move(order), payment, std::move(command.token), deadline);
    co_return std::move(charged);
}

/// A payment that cannot begin may have succeeded before: then its answer is repeated.
Task<Pay::Answered> Pay::explain(Command command, PaymentId payment, domain::StepRefusal refusal) {
    if (refusal == domain::StepRefusal::not_found) co_return fail(Refusal::not_found);
    auto found = co_await book_.find(command.order);
    if (!found) co_return fail(to_refusal(found.error()));
    if (!*found || (**found).customer != command.customer) co_return fail(Refusal::not_found);
    if ((**found).payment == payment && (**found).captured_at) co_return Paid{std::move(**found), payment};
    co_return fail(Refusal::wrong_state);
}

Task<Pay::Answered> Pay::charge(domain::Order order, PaymentId payment, std::string token, Instant deadline) {
    ports::PaymentGateway::Charge sum{
        .payment = payment, .order = order.id, .amount = order.total, .token = std::move(token)};
    auto status = co_await gateway_.authorise(std::move(sum), deadline);
    if (status && *status == Status::authorised) {
        auto taken = co_await gateway_.capture(payment, deadline);
        status = std::move(taken);
    }
    if (!status) co_return Paying{payment};
    const Status said = *status;
    auto settled = co_await settle(std::move(order), payment, said);
    co_return std::move(settled);
}

Task<Pay::Answered> Pay::settle(domain::Order order, PaymentId payment, Status status) {
    switch (status) {
        case Status::not_known:
        case Status::authorised: co_return Paying{payment};
        case Status::captured: {
            auto settled = co_await settlement_.captured(order.id, payment);
            if (!settled) co_return Paying{payment};
            if (settled->money_goes_back || !settled->order) co_return fail(Refusal::money_goes_back);
            co_return Paid{std::move(*settled->order), payment};
        }
        case Status::declined:
        case Status::voided: {
            const auto outcome = status == Status::declined ? JournalOutcome::declined : JournalOutcome::voided;
            const auto settled = co_await settlement_.failed(order.id, payment, order.placed_at, outcome);
            if (!settled) co_return Paying{payment};
            co_return fail(Refusal::declined);
        }
        case Status::refunded: co_return fail(Refusal::money_goes_back);
    }
    co_return Paying{payment};
}

}  // namespace marketday::usecases
