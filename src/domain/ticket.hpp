#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace marketday::domain {

/// A place in the line of one sale, held by one customer. `sequence` is the number it was given on joining; numbers
/// rise, and none is ever given twice.
struct Ticket {
    SaleId sale;
    CustomerId customer;
    std::int64_t sequence = 0;
    bool operator==(const Ticket&) const = default;
};

enum class TicketError : std::uint8_t { malformed, forged };

/// 76 characters of base64url: version, sale, customer, sequence and a 16-byte BLAKE2b tag keyed with the line's own
/// key. The same ticket always has the same text.
std::string sign_ticket(const Ticket& ticket, const Hash256& key);
Result<Ticket, TicketError> verify_ticket(std::string_view text, const Hash256& key);

}  // namespace marketday::domain
