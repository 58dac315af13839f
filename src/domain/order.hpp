#pragma once

#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {

inline constexpr std::size_t kOrderLinesMax = 50;

/// The life of an order. The numbers are stored: never reuse one.
///   reserved -> paying -> paid -> prepared -> shipped -> delivered -> returned -> refunded
///   reserved -> cancelled | expired;  paying -> reserved (declined) | paid;  paid.. -> refunded
enum class OrderState : std::uint8_t {
    reserved = 1,
    paying = 2,
    paid = 3,
    prepared = 4,
    shipped = 5,
    delivered = 6,
    returned = 7,
    cancelled = 8,
    expired = 9,
    refunded = 10,
};
std::string_view to_string(OrderState state);
std::optional<OrderState> parse_order_state(std::string_view text);

/// Chosen by the client, 1..64 visible ASCII characters, unique to one intent of one account.
using IdempotencyKey = std::string;
/// BLAKE2b of the request's meaning, to tell a repeat from a key used for something else.
using RequestHash = std::array<std::uint8_t, 16>;

struct OrderLine {
    SkuCode sku;
    std::int64_t quantity = 1;  // 1..10,000
    /// What the shopper saw; a difference from the store refuses the order as `price_changed`.
    std::int64_t unit_price_minor = 0;
    /// 0 when the client gives none: then the unit price alone decides.
    std::int64_t price_version = 0;
    bool operator==(const OrderLine&) const = default;
};

/// Stored as it was when ordered. Personal data: never logged.
struct DeliveryAddress {
    std::string recipient;    // 1..100 bytes
    std::string line1;        // 1..200
    std::string line2;        // 0..200
    std::string city;         // 1..100
    std::string postal_code;  // 1..20
    std::string country;      // ISO 3166-1 alpha-2
    std::string phone;        // 0..30
    bool operator==(const DeliveryAddress&) const = default;
};

/// What a shopper asks for. The order's id is made by the caller, so a retry of an unknown outcome cannot double it.
struct OrderRequest {
    OrderId order;
    CustomerId customer;
    IdempotencyKey key;
    RequestHash request_hash{};
    std::optional<SaleId> sale;
    Currency currency;
    std::vector<OrderLine> lines;  // 1..kOrderLinesMax, each SKU once
    DeliveryAddress address;
    WallTime placed_at{};
    WallTime hold_until{};
};

/// Why an order was refused. Stored with its key: never reuse a number.
enum class Refusal : std::uint8_t {
    sold_out = 1,       // available + reserved + in transfer = 0
    all_held = 2,       // none available now, but holds may end
    not_here = 3,       // another site has units
    limit_reached = 4,  // the customer's limit of the sale
    price_changed = 5,  // the price or its version is not what the shopper saw
    unknown_sku = 6,
    not_for_sale = 7,  // hidden, without a price, or sold only in a sale
    sale_not_open = 8,
    wrong_currency = 9,
    key_reused = 10,  // same key, other request
};
std::string_view to_string(Refusal refusal);

struct RefusedLine {
    SkuCode sku;
    Refusal reason{};
    bool operator==(const RefusedLine&) const = default;
};

/// A place in the stock ledger that a shopper can hold the shop to.
struct Receipt {
    std::int64_t sequence = 0;
    Hash256 hash{};
    bool operator==(const Receipt&) const = default;
};

struct Granted {
    OrderId order;
    Money total;  // with shipping and tax
    Money shipping;
    WallTime hold_until{};
    Receipt receipt;
    bool operator==(const Granted&) const = default;
};

struct Refused {
    Refusal reason{};
    std::vector<RefusedLine> lines;  // those at fault; empty when the reason is not a line's
    bool operator==(const Refused&) const = default;
};

/// What became of one request. `repeated`: the key was known, and this is its first verdict again.
struct Verdict {
    std::variant<Granted, Refused> outcome;
    bool repeated = false;
    bool granted() const { return std::holds_alternative<Granted>(outcome); }
    bool operator==(const Verdict&) const = default;
};

/// An order as stored.
struct Order {
    OrderId id;
    CustomerId customer;
    std::optional<SaleId> sale;
    OrderState state = OrderState::reserved;
    WallTime placed_at{};
    WallTime updated_at{};
    WallTime hold_until{};
    Money total;
    Money shipping;
    std::vector<OrderLine> lines;
    DeliveryAddress address;
    Receipt receipt;
    /// The payment under way or captured; none before the first attempt.
    std::optional<PaymentId> payment;
    /// Set once, with the capture. Never cleared, so "one capture an order" can be checked.
    std::optional<WallTime> captured_at;
    std::optional<WallTime> refunded_at;
    std::string tracking;  // the carrier's number, once shipped
};

}  // namespace marketday::domain
