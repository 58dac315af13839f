#pragma once

#include "base/time.hpp"
#include "ports/payment_gateway.hpp"
#include "ports/payment_journal.hpp"
#include "usecases/jobs_scheduler.hpp"
#include "usecases/pay_step_lane.hpp"

namespace marketday::usecases {

/// Sends money back. A refund is a durable intent first, then the gateway's, then the order's state; whatever is cut
/// short is taken up again until it is done, and the gateway moves the money of one payment back only once.
class Refunds {
public:
    using Intent = ports::PaymentJournal::RefundIntent;

    struct Options {
        milliseconds gateway_wait{5'000};
        milliseconds pause_first{1'000};  // between tries; doubles
        milliseconds pause_max{300'000};
        std::size_t at_once = 16;
    };

    Refunds(ports::OrderBook& book, StepLane& steps, ports::PaymentJournal& journal, ports::PaymentGateway& gateway,
            const Clock& clock, Options options)
        : book_(book), steps_(steps), journal_(journal), gateway_(gateway), clock_(clock), options_(options) {}

    /// True when the money is back and everybody knows it; false: the job goes on with it.
    Task<bool> carry_out(Intent intent);
    /// The job: refunds that are due.
    Task<JobTurn> run(ports::Fence fence);

private:
    enum class Returned { yes, nothing_to_return, not_yet };
    Task<Returned> return_money(PaymentId payment);
    Task<bool> finish(Intent intent);
    Task<void> put_off(Intent intent);
    static Task<void> carry_out_one(Refunds* self, Intent intent);

    ports::OrderBook& book_;
    StepLane& steps_;
    ports::PaymentJournal& journal_;
    ports::PaymentGateway& gateway_;
    const Clock& clock_;
    Options options_;
};

}  // namespace marketday::usecases
