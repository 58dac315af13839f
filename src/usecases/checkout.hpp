#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/hash.hpp"
#include "domain/admission.hpp"
#include "ports/order_book.hpp"
#include "usecases/checkout_keys.hpp"
#include "usecases/lane.hpp"
#include "usecases/sale_board.hpp"
#include "usecases/session.hpp"

namespace marketday::usecases {

/// Places orders: session, admission, key in flight, lane, order book. Belongs to the shop's executor.
class Checkout {
public:
    enum class Error : std::uint8_t {
        unverified,       // the account's e-mail address is not verified
        not_admitted,     // the sale has a line and the request carries no valid admission
        in_flight,        // a request with this key is under way in this process
        busy,             // the lane is full, or the deadline passed: nothing was begun
        unavailable,      // the store did nothing
        outcome_unknown,  // repeat with the same key
    };

    struct Command {
        CustomerId customer;
        bool verified = false;
        domain::IdempotencyKey key;
        std::optional<SaleId> sale;
        std::string admission;  // X-Admission, empty when absent
        Currency currency;
        std::vector<domain::OrderLine> lines;
        domain::DeliveryAddress address;
        Instant deadline{};
    };

    using OrderLane = Lane<domain::OrderRequest, domain::Verdict, ports::OrderBook::Error>;

    struct Options {
        seconds hold{300};
        OrderLane::Options lane;
        Hash256 admission_key{};
    };

    /// Told after each verdict in a sale, so that the line can count used admissions.
    using OnVerdict = std::function<void(SaleId, const CustomerId&, bool granted)>;

    Checkout(Executor& executor, ports::OrderBook& order_book, SaleBoard& board, const Clock& clock, UuidSource& uuids,
             Options options);

    Task<Result<domain::Verdict, Error>> place(Command command);
    void on_verdict(OnVerdict told) { on_verdict_ = std::move(told); }

    /// Told of each order that a request has placed, under the request's trace; not of repeated answers.
    using OnPlaced = std::function<void(const OrderId&)>;
    void on_placed(OnPlaced told) { on_placed_ = std::move(told); }

    /// No new orders from now on; `idle` tells when the last has been answered.
    void close();
    bool idle() const;

    /// All lanes: the sale's id, nothing for the lane of ordinary orders.
    void each_lane(const std::function<void(const std::optional<SaleId>&, const LaneFigures&)>& visit) const;
    /// The lane of one sale, if it has begun.
    const OrderLane* lane_of(SaleId sale) const;

private:
    OrderLane& lane_for(const std::optional<SaleId>& sale);
    std::optional<Error> check(const Command& command) const;
    domain::OrderRequest request_of(Command command) const;

    Executor& executor_;
    ports::OrderBook& order_book_;
    SaleBoard& board_;
    const Clock& clock_;
    UuidSource& uuids_;
    Options options_;
    OnVerdict on_verdict_;
    OnPlaced on_placed_;
    std::map<std::optional<SaleId>, std::unique_ptr<OrderLane>> lanes_;
    KeysInFlight keys_in_flight_;
    bool closed_ = false;
};

/// BLAKE2b over what an order asks for, so that the same key with another intent is told apart.
domain::RequestHash hash_of(const Checkout::Command& command);

}  // namespace marketday::usecases
