#pragma once

#include <cstdint>
#include <string>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/order.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {

/// One change of stock. Entries of one writer's epoch are chained: `hash` covers the entry and the hash before it. A
/// new epoch (a new writer, a restart) starts from `epoch_genesis`, which covers the last hash of the epoch before it,
/// so all epochs form one chain.
struct LedgerEntry {
    std::int64_t sequence = 0;  // 1.. without gaps
    std::int64_t epoch = 0;
    WallTime at{};
    Movement movement{};
    SkuCode sku;
    std::int64_t units = 0;
    OrderId order;  // nil for receive and withdraw
    Hash256 hash{};
    bool operator==(const LedgerEntry&) const = default;
};

/// hash = BLAKE2b-256(previous ‖ sequence ‖ epoch ‖ at_ms ‖ units, each 8 bytes little-endian ‖ movement, 1 byte ‖
/// order, 16 bytes ‖ sku). The audit computes it again with code of its own: change both or neither.
Hash256 chain(const Hash256& previous, const LedgerEntry& entry);

/// BLAKE2b-256("marketday-epoch" ‖ epoch, 8 bytes little-endian ‖ last hash of the epoch before; zeros for the first).
Hash256 epoch_genesis(std::int64_t epoch, const Hash256& previous_head);

}  // namespace marketday::domain
