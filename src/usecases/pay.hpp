#pragma once

#include <set>
#include <string>
#include <variant>

#include "usecases/pay_settlement.hpp"

namespace marketday::usecases {

/// Pays an order: begin (durable), authorise, capture, settle. However often and however many at once it is asked, an
/// order is captured once. What the gateway leaves unsaid the reconciling job finds out.
class Pay {
public:
    struct Options {
        /// How long a shopper waits for the gateway before being told "paying".
        milliseconds answer_wait{4'000};
    };
    struct Command {
        CustomerId customer;
        OrderId order;
        domain::IdempotencyKey key;
        std::string token;  // of the card; 1..64 visible ASCII
        Instant deadline{};
    };
    struct Paid {
        domain::Order order;
        PaymentId payment;
    };
    struct Paying {  // the gateway has not said yet
        PaymentId payment;
    };
    using Outcome = std::variant<Paid, Paying>;

    enum class Refusal {
        not_found,
        wrong_state,  // not reserved any more, or being paid by another attempt
        in_flight,    // the same key is being worked on
        key_reused,   // the same key came with another card before
        declined,
        money_goes_back,  // captured too late: nothing was left, a refund is under way
        busy,
        unavailable,      // nothing happened
        outcome_unknown,  // retry with the same key
    };

    Pay(Executor& executor, ports::OrderBook& book, StepLane& steps, ports::PaymentJournal& journal,
        ports::PaymentGateway& gateway, Settlement& settlement, const Clock& clock, Options options);

    Task<Result<Outcome, Refusal>> pay(Command command);

    /// The same for the same customer, order and key, so that a retry is the gateway's own repeat.
    static PaymentId payment_id(const CustomerId& customer, const OrderId& order, std::string_view key);

private:
    struct InFlight;
    using Answered = Result<Outcome, Refusal>;
    Task<Answered> pay_alone(Command command, PaymentId payment);
    Task<Answered> explain(Command command, PaymentId payment, domain::StepRefusal refusal);
    Task<Answered> charge(domain::Order order, PaymentId payment, std::string token, Instant deadline);
    Task<Answered> settle(domain::Order order, PaymentId payment, ports::PaymentGateway::Status status);

    ports::OrderBook& book_;
    StepLane& steps_;
    ports::PaymentJournal& journal_;
    ports::PaymentGateway& gateway_;
    Settlement& settlement_;
    const Clock& clock_;
    Options options_;
    Lane<ports::PaymentJournal::Entry, ports::PaymentJournal::Entry, ports::PaymentJournal::Error> opening_;
    // Shared with the tasks at work, whichever end last.
    std::shared_ptr<std::set<PaymentId>> in_flight_ = std::make_shared<std::set<PaymentId>>();
};

}  // namespace marketday::usecases
