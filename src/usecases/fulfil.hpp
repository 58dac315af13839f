#pragma once

#include <optional>
#include <string>
#include <vector>

#include "usecases/pay_refunds.hpp"

namespace marketday::usecases {

/// What becomes of an order beside its payment: cancelled, prepared, shipped, delivered, returned, refunded.
class Fulfil {
public:
    enum class Refusal {
        not_found,
        wrong_state,
        refund_due,  // its money is on its way back: it is not sent any more
        unavailable,
        outcome_unknown,
    };
    template <class T>
    using Answer = Task<Result<T, Refusal>>;

    Fulfil(ports::OrderBook& book, StepLane& steps, ports::PaymentJournal& journal, Refunds& refunds,
           const Clock& clock)
        : book_(book), steps_(steps), journal_(journal), refunds_(refunds), clock_(clock) {}

    /// A shopper's own when `customer` is set. Only while it is reserved.
    Answer<domain::Order> cancel(OrderId order, std::optional<CustomerId> customer);
    Answer<domain::Order> give_back(OrderId order, std::optional<CustomerId> customer);

    Answer<domain::Order> prepare(OrderId order);
    /// `tracking`: the carrier's number, 0..100 bytes.
    Answer<domain::Order> ship(OrderId order, std::string tracking);
    Answer<domain::Order> deliver(OrderId order);

    struct Refunded {
        domain::Order order;
        bool money_returned = false;  // false: the gateway has not said so yet; a job keeps at it
    };
    /// Gives the whole payment back, once. The first request decides whether the units go back on sale.
    Answer<Refunded> refund(OrderId order, bool restock);

    /// What a step would do now.
    struct Preview {
        domain::Order order;  // as it is
        domain::OrderState next{};
        std::vector<domain::Movement> movements;  // of each line's units
    };
    Answer<Preview> preview_refund(OrderId order, bool restock);
    Answer<Preview> preview_cancel(OrderId order);

    /// An order with everything that is known of it.
    struct Detail {
        domain::Order order;
        std::vector<domain::LedgerEntry> ledger;
        std::vector<ports::PaymentJournal::Entry> payments;  // oldest first
        std::vector<ports::PaymentJournal::RefundIntent> refunds;
    };
    Answer<Detail> detail(OrderId order);

    Answer<std::optional<domain::Order>> find(OrderId order);
    Answer<std::vector<domain::Order>> list(ports::OrderBook::OrderQuery query);

private:
    Answer<domain::Order> take(domain::OrderStep step);
    Answer<domain::Order> send(domain::OrderStep step);
    Answer<Preview> preview(domain::OrderStep step);

    ports::OrderBook& book_;
    StepLane& steps_;
    ports::PaymentJournal& journal_;
    Refunds& refunds_;
    const Clock& clock_;
};

}  // namespace marketday::usecases
