#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace marketday::domain {

/// A stock-keeping unit's code as the shop writes it: 1..64 bytes of [A-Za-z0-9._~!%+-], not "." or "..". Real shops
/// have codes like "exu-!" and "exu-%3F"; in a URL the '%' is encoded once more.
using SkuCode = std::string;
bool is_sku_code(std::string_view text);

inline constexpr std::int64_t kUnitsMax = 1'000'000'000;

/// Where the units of one SKU in one site's allotment are. At every instant
/// received = available + reserved + sold + in_transfer + withdrawn, and none is negative.
struct StockLevel {
    std::int64_t received = 0;
    std::int64_t available = 0;
    std::int64_t reserved = 0;
    std::int64_t sold = 0;
    std::int64_t in_transfer = 0;
    std::int64_t withdrawn = 0;

    bool is_consistent() const;
    auto operator<=>(const StockLevel&) const = default;
};

/// A change of stock, as the ledger names it. The numbers are stored and hashed: never reuse one.
enum class Movement : std::uint8_t {
    receive = 1,         // outside -> available
    reserve = 2,         // available -> reserved
    release = 3,         // reserved -> available: cancelled, declined
    expire = 4,          // reserved -> available: the hold ran out
    sell = 5,            // reserved -> sold: captured
    restock = 6,         // sold -> available: refunded or returned, back on sale
    withdraw = 7,        // available -> withdrawn
    transfer_out = 8,    // available -> in_transfer
    transfer_in = 9,     // in_transfer -> available (of the receiving site)
    transfer_done = 10,  // in_transfer -> gone from this site
};
std::string_view to_string(Movement movement);

/// Applies `units` (> 0) of `movement`; false, and nothing changed, if that would make a place negative.
bool apply(StockLevel& level, Movement movement, std::int64_t units);

}  // namespace marketday::domain
