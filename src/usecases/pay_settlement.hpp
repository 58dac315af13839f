#pragma once

#include <map>
#include <memory>

#include "usecases/pay_refunds.hpp"

namespace marketday::usecases {

/// Brings what the gateway said of a payment into the order, once: by whichever way the news came, and however often.
class Settlement {
public:
    struct Options {
        /// Left of the hold, at least, after a failed attempt, so that its shopper can try another card…
        seconds hold_again{30};
        /// …but only this long after the order was placed, or failing cards could hold units for ever.
        seconds hold_again_until{900};
        int tries = 2;  // when the order book does not answer, before the reconciling job takes over
        milliseconds pause{200};
    };

    Settlement(StepLane& steps, ports::PaymentJournal& journal, Refunds& refunds, const Clock& clock, Options options)
        : steps_(steps), journal_(journal), refunds_(refunds), clock_(clock), options_(options) {}

    enum class Error { not_now };  // a store did not answer: settle it again later
    struct Settled {
        std::optional<domain::Order> order;  // none when there is no such order
        std::optional<domain::Receipt> receipt;
        bool money_goes_back = false;  // the order could not be served
    };
    /// The gateway holds the money of `payment`: the order is paid, or the money goes back.
    Task<Result<Settled, Error>> captured(OrderId order, PaymentId payment);
    /// The gateway will never take it: the order is reserved again, or its hold is over.
    Task<Result<Settled, Error>> failed(OrderId order, PaymentId payment, WallTime placed_at,
                                        ports::PaymentJournal::Outcome outcome);

private:
    struct Turn;
    Task<void> wait_for_turn(PaymentId payment);
    Task<Result<Settled, Error>> capture_in_turn(OrderId order, PaymentId payment);
    Task<Result<Settled, Error>> send_back(OrderId order, PaymentId payment, std::optional<domain::Order> found);
    StepLane::Answer advance(domain::OrderStep step);

    StepLane& steps_;
    ports::PaymentJournal& journal_;
    Refunds& refunds_;
    const Clock& clock_;
    Options options_;
    // Payments being settled in this process. Shared with the tasks that do it, whichever end last.
    using Busy = std::map<PaymentId, std::shared_ptr<Event>>;
    std::shared_ptr<Busy> busy_ = std::make_shared<Busy>();
};

}  // namespace marketday::usecases
