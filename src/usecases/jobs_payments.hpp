#pragma once

#include <map>

#include "usecases/jobs_scheduler.hpp"
#include "usecases/pay_settlement.hpp"

namespace marketday::usecases {

/// Asks the gateway about payments that it left unsaid, and takes in what it says by itself.
class Reconcile {
public:
    struct Options {
        /// An order is asked about once it has been paying this long: a little more than Pay::Options::answer_wait,
        /// when its own request has given up.
        milliseconds after{5'000};
        milliseconds gateway_wait{5'000};
        milliseconds pause_first{2'000};  // between two questions about one order; doubles
        milliseconds pause_max{60'000};
        std::size_t at_once = 32;
    };

    Reconcile(ports::OrderBook& book, ports::PaymentGateway& gateway, Settlement& settlement, const Clock& clock,
              Options options)
        : book_(book), gateway_(gateway), settlement_(settlement), clock_(clock), options_(options) {}

    /// The job over orders that are paying.
    Task<JobTurn> ask(ports::Fence fence);
    /// The job over notifications.
    Task<JobTurn> listen(ports::Fence fence);

private:
    using Notification = ports::PaymentGateway::Notification;
    struct Heard {
        std::vector<std::int64_t> settled;
        std::size_t failed = 0;
    };
    static Task<void> ask_one(Reconcile* self, domain::Order order);
    static Task<void> hear_one(Reconcile* self, Notification news, std::shared_ptr<Heard> heard);
    Task<bool> find_out(domain::Order order);
    Task<bool> take_in(OrderId order, PaymentId payment, WallTime placed_at, ports::PaymentGateway::Status status);

    struct Pause {
        int questions = 0;
        Instant next{};
    };

    ports::OrderBook& book_;
    ports::PaymentGateway& gateway_;
    Settlement& settlement_;
    const Clock& clock_;
    Options options_;
    std::map<OrderId, Pause> pauses_;
};

/// Ends reservations whose time is over.
class ExpireHolds {
public:
    ExpireHolds(ports::OrderBook& book, const Clock& clock) : book_(book), clock_(clock) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::OrderBook& book_;
    const Clock& clock_;
};

/// Forgets keys of payments after 7 days.
class ForgetPayments {
public:
    ForgetPayments(ports::PaymentJournal& journal, const Clock& clock) : journal_(journal), clock_(clock) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::PaymentJournal& journal_;
    const Clock& clock_;
};

}  // namespace marketday::usecases
