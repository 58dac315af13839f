#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "base/async/task.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "domain/order.hpp"
#include "ports/leases.hpp"

namespace marketday::ports {

/// What the shop remembers of payments beside its orders: which keys began one, how they failed, and the money that it
/// owes back. Contract: tests/contract/payment_journal_contract.hpp. Answers leave only after they are durable.
class PaymentJournal {
public:
    enum class Error {
        unavailable,      // Nothing happened.
        outcome_unknown,  // May have happened; every call may be repeated.
        fenced,           // Another holds the job's lease now.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    /// Numbers are stored: never reuse one. A captured payment stays `open` here: its order knows.
    enum class Outcome : std::uint8_t { open = 1, declined = 2, voided = 3 };

    struct Entry {
        PaymentId payment;
        OrderId order;
        domain::RequestHash request_hash{};
        Outcome outcome = Outcome::open;
        WallTime opened_at{};
        bool operator==(const Entry&) const = default;
    };
    /// Writes those (1..1000) whose payment is new; answers each payment's entry as it stands, in the order asked.
    virtual Answer<std::vector<Entry>> open(std::vector<Entry> entries) = 0;

    /// Every payment that was begun for an order and is not forgotten, the oldest first.
    virtual Answer<std::vector<Entry>> of_order(OrderId order) = 0;

    struct Closing {
        PaymentId payment;
        Outcome outcome{};
    };
    /// The first outcome stays.
    virtual Answer<std::monostate> close(std::vector<Closing> closings) = 0;

    enum class RefundReason : std::uint8_t {
        order = 1,          // an operator gives the money of an order back; its state follows
        stray_capture = 2,  // money came for an order that cannot be served
    };
    /// Money that must go back, written before the gateway is asked.
    struct RefundIntent {
        PaymentId payment;
        OrderId order;
        RefundReason reason{};
        bool restock = false;
        WallTime intended_at{};
        WallTime try_at{};  // not before
        std::int64_t tries = 0;
        std::optional<WallTime> done_at;
        bool operator==(const RefundIntent&) const = default;
    };
    /// One a payment: a second one changes nothing. Answers what stands.
    virtual Answer<RefundIntent> intend_refund(RefundIntent intent) = 0;
    /// Those of `payments` that have one.
    virtual Answer<std::vector<RefundIntent>> refunds_of(std::vector<PaymentId> payments) = 0;
    /// Not done and to be tried at `now`, oldest first, 1..1000.
    virtual Answer<std::vector<RefundIntent>> refunds_due(WallTime now, std::size_t intents_max) = 0;
    virtual Answer<std::monostate> refund_failed(PaymentId payment, WallTime try_at) = 0;
    virtual Answer<std::monostate> refund_done(PaymentId payment, WallTime at) = 0;
    /// How many are not done.
    virtual Answer<std::int64_t> refunds_open() = 0;

    /// Forgets at most `entries_max` entries opened before `before`; refunds are kept. How many it forgot.
    virtual Answer<std::size_t> purge(WallTime before, std::size_t entries_max, Fence fence) = 0;
};

}  // namespace marketday::ports
