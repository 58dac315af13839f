#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/async/task.hpp"
#include "base/result.hpp"
#include "domain/ledger.hpp"
#include "domain/lifecycle.hpp"
#include "domain/order.hpp"
#include "domain/sale.hpp"
#include "domain/stock.hpp"
#include "ports/freshness.hpp"

namespace marketday::ports {

/// Holds the orders, the stock and the sales of one site. Contract: tests/contract/order_book_contract.hpp, run on
/// every adapter.
/// * never oversells: at every instant each place of every StockLevel is >= 0 and they add up;
/// * idempotent: a repeated (customer, key) returns the first verdict, whatever it was, for 7 days
///   at least;
/// * durable: a verdict is returned only after it would survive loss of power;
/// * whole: an order is granted with all its lines or not at all, and one bad line spoils only its own order;
/// * every change of stock is a ledger entry, and every change of an order an event in the outbox, of one transaction.
/// Reads are strict (they see every acknowledged write); those that are asked for pages too may be given a Freshness.
/// Tasks resume on their caller's executor.
class OrderBook {
public:
    enum class Error {
        unavailable,      // Nothing happened; retrying is safe.
        outcome_unknown,  // May have happened; retry only with the same keys and ids.
    };
    template <class T>
    using Answer = Task<Result<T, Error>>;

    static constexpr std::size_t kBatchOrdersMax = 1000;

    virtual ~OrderBook() = default;

    /// Places `requests` (1..kBatchOrdersMax) in arrival order, in one commit. Verdicts come in the same order. The
    /// requests stay the caller's, alive until the answer: a batch that must be tried again is not copied for it.
    virtual Answer<std::vector<domain::Verdict>> place(const std::vector<domain::OrderRequest>& requests) = 0;

    /// Takes `steps` (1..kBatchOrdersMax) in order, in one commit. Repeating a step that its own payment has taken is
    /// `changed = false`, not an error.
    virtual Answer<std::vector<domain::StepVerdict>> advance(std::vector<domain::OrderStep> steps) = 0;

    virtual Answer<std::optional<domain::Order>> find(OrderId order, Freshness freshness = {}) = 0;

    struct OrderQuery {
        std::optional<CustomerId> customer;  // absent: of all customers (operators)
        std::optional<domain::OrderState> state;
        std::optional<SaleId> sale;
        std::optional<OrderId> before;  // continues below this id
        std::optional<OrderId> from{};  // not below this id (ids begin with the time: first_order_id)
        std::size_t orders_max = 50;    // 1..1000
        Freshness freshness{};
    };
    /// Newest first.
    virtual Answer<std::vector<domain::Order>> list(OrderQuery query) = 0;

    /// Reserved orders whose hold ended at or before `now`, oldest first, at most `orders_max`.
    virtual Answer<std::vector<OrderId>> overdue(WallTime now, std::size_t orders_max) = 0;
    /// Orders that have been `paying` since `before` or earlier: the gateway must be asked about them.
    virtual Answer<std::vector<domain::Order>> paying_since(WallTime before, std::size_t orders_max) = 0;

    struct StockChange {
        domain::SkuCode sku;
        domain::Movement movement{};  // receive or withdraw
        std::int64_t units = 0;       // 1..kUnitsMax
        std::string reason;           // for the ledger; 0..200 bytes
    };
    enum class StockRefusal { unknown_sku, not_enough };
    virtual Answer<Result<domain::Receipt, StockRefusal>> change_stock(StockChange change) = 0;
    /// Levels in the order asked; nothing for a SKU that was never known.
    virtual Answer<std::vector<std::optional<domain::StockLevel>>> stock(std::vector<domain::SkuCode> skus,
                                                                         Freshness freshness = {}) = 0;

    /// What can be bought and for how much; the catalogue's writer sets it with the product. Raises `version` when the
    /// price differs. A SKU becomes known with its first offer.
    struct Offer {
        domain::SkuCode sku;
        std::optional<Money> price;  // none: shown, not sold
        bool hidden = false;
        std::int64_t weight_g = 0;
        std::int64_t version = 0;  // set by the store
    };
    virtual Answer<std::vector<Offer>> set_offers(std::vector<Offer> offers) = 0;
    virtual Answer<std::vector<std::optional<Offer>>> offers(std::vector<domain::SkuCode> skus) = 0;

    enum class SaleRefusal {
        not_found,
        unknown_sku,
        in_another_sale,  // a SKU is in one sale at a time that is not closed
        wrong_state,
        already_exists,
    };
    virtual Answer<Result<domain::Sale, SaleRefusal>> create_sale(domain::Sale sale) = 0;
    virtual Answer<Result<domain::Sale, SaleRefusal>> set_sale_state(SaleId sale, domain::SaleState state,
                                                                     WallTime at) = 0;
    virtual Answer<std::optional<domain::Sale>> find_sale(SaleId sale, Freshness freshness = {}) = 0;
    /// All sales that are not closed, and the newest `closed_max` that are; by opening, newest first.
    virtual Answer<std::vector<domain::Sale>> sales(std::size_t closed_max) = 0;

    /// Ledger entries after `sequence`, in order.
    virtual Answer<std::vector<domain::LedgerEntry>> ledger_after(std::int64_t sequence, std::size_t entries_max) = 0;
    virtual Answer<std::vector<domain::LedgerEntry>> ledger_of(OrderId order) = 0;

    /// Events not yet marked as sent, oldest first. One message holds the events of one batch as a JSON array; an
    /// event's id is the same at every retry.
    struct OutboxMessage {
        std::int64_t position = 0;
        /// "reservations" for the events of orders just placed, which come by the hundred; "orders" for what becomes of
        /// them; "sales".
        std::string topic;
        std::string events_json;
    };
    virtual Answer<std::vector<OutboxMessage>> outbox(std::int64_t after_position, std::size_t messages_max) = 0;
    virtual Answer<std::monostate> outbox_sent(std::int64_t up_to_position) = 0;
    /// Forgets sent messages of before `before`, looking at the oldest `messages_max`. How many it forgot.
    virtual Answer<std::size_t> forget_outbox(WallTime before, std::size_t messages_max) = 0;

    /// Forgets idempotency keys whose verdict is older than `before`, some perhaps at a later call; their orders stay.
    /// Goes through all records of all customers a slice of `records_max` (1..kBatchOrdersMax) at a time: it begins
    /// without a place, and each slice says where the next begins, until none does. Repeating a slice is safe.
    struct KeysForgotten {
        std::size_t keys = 0;
        std::optional<std::string> next;  // opaque; none: everything has been looked at
    };
    virtual Answer<KeysForgotten> forget_keys(WallTime before, std::optional<std::string> place,
                                              std::size_t records_max) = 0;
};

}  // namespace marketday::ports
