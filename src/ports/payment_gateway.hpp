#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace marketday::ports {

/// The bank's side of a payment. Contract: tests/contract/payment_gateway_contract.hpp.
/// * Everything is named by our PaymentId, so every call may be repeated: it acts once and answers with the status.
/// * After `void_payment` answered `voided` the payment is never captured, even when the gateway had not known it.
/// * The money of one payment moves at most once in each direction: captured once, refunded once, whole.
/// Calls end by `deadline` (`outcome_unknown`). Tasks resume on their caller's executor.
class PaymentGateway {
public:
    enum class Error {
        unavailable,      // The call did nothing.
        outcome_unknown,  // It may have acted, or may act yet; ask `query`, or repeat with the same PaymentId.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    enum class Status : std::uint8_t {
        not_known = 0,   // never heard of it
        authorised = 1,  // the money is set aside
        declined = 2,    // final
        captured = 3,    // the money is the shop's
        voided = 4,      // final, nothing was taken
        refunded = 5,    // final, the money went back
    };

    struct Charge {
        PaymentId payment;
        OrderId order;
        Money amount;
        std::string token;  // stands for the card; 1..64 bytes; never logged
    };

    virtual ~PaymentGateway() = default;

    /// `authorised` or `declined`; of a repeat, whatever has become of the payment since.
    virtual Answer<Status> authorise(Charge charge, Instant deadline) = 0;
    /// `captured` when it was authorised; else the status that forbids it.
    virtual Answer<Status> capture(PaymentId payment, Instant deadline) = 0;
    /// `voided`, unless it is too late: `captured`, `refunded`; or needless: `declined`.
    virtual Answer<Status> void_payment(PaymentId payment, Instant deadline) = 0;
    /// `refunded` when it was captured; else the status that says why there is nothing to send back.
    virtual Answer<Status> refund(PaymentId payment, Instant deadline) = 0;
    virtual Answer<Status> query(PaymentId payment, Instant deadline) = 0;

    /// News that the gateway sends by itself: at least once, in any order, perhaps before the answer to the call.
    struct Notification {
        std::int64_t position = 0;
        PaymentId payment;
        OrderId order;
        Status status{};
    };
    /// The oldest that were not acknowledged, 1..1000.
    virtual Answer<std::vector<Notification>> notifications(std::size_t notifications_max) = 0;
    virtual Answer<std::monostate> acknowledge(std::vector<std::int64_t> positions) = 0;
};

}  // namespace marketday::ports
