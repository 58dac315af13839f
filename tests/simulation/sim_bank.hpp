#pragma once

#include <functional>
#include <map>

#include "ports/payment_gateway.hpp"
#include "tests/simulation/chronicle.hpp"

namespace marketday::simulation {

/// The bank at the end of a bad line. It outlives the shop: what it has heard it has heard. It hears late or never, its
/// answers get lost, it declines, tells twice, or not at all.
class SimBank final : public ports::PaymentGateway {
public:
    struct Faults {
        unsigned silent_percent = 0;   // no answer; half of those calls it has heard, or hears later
        unsigned refuses_percent = 0;  // did nothing, and says so
        bool lies = false;             // captures, now and then, what it had said was voided; and tells
        bool captures_twice = false;   // planted
    };
    SimBank(SimExecutor& world, Random& random, Chronicle& chronicle)
        : world_(world), random_(random), chronicle_(chronicle) {}
    void set_faults(Faults faults) { faults_ = faults; }

    struct Account {
        OrderId order;
        Money amount;
        Status status = Status::not_known;
        int captures = 0;
        int refunds = 0;
    };
    const std::map<PaymentId, Account>& accounts() const { return accounts_; }
    /// News that nobody has taken yet.
    std::size_t news() const { return news_.size(); }

    Answer<Status> authorise(Charge charge, Instant deadline) override;
    Answer<Status> capture(PaymentId payment, Instant deadline) override;
    Answer<Status> void_payment(PaymentId payment, Instant deadline) override;
    Answer<Status> refund(PaymentId payment, Instant deadline) override;
    Answer<Status> query(PaymentId payment, Instant deadline) override;
    Answer<std::vector<Notification>> notifications(std::size_t notifications_max) override;
    Answer<std::monostate> acknowledge(std::vector<std::int64_t> positions) override;

private:
    Answer<Status> hear(const char* what, std::function<Status()> work, Instant deadline);
    Status authorise_now(const Charge& charge);
    Status take(PaymentId payment, bool tells_surely);
    Status void_now(PaymentId payment);
    Status refund_now(PaymentId payment);
    milliseconds pause(std::uint64_t ms_max) { return milliseconds{static_cast<std::int64_t>(random_.below(ms_max))}; }
    bool happens(unsigned percent) { return percent > 0 && random_.below(100) < percent; }

    SimExecutor& world_;
    Random& random_;
    Chronicle& chronicle_;
    Faults faults_;
    std::map<PaymentId, Account> accounts_;
    std::map<std::int64_t, Notification> news_;
    std::int64_t next_news_ = 1;
};

std::string_view to_string(ports::PaymentGateway::Status status);

}  // namespace marketday::simulation
