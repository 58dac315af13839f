#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/embedded/sqlite_connection.hpp"
#include "base/bloom_filter.hpp"

namespace marketday::adapters {

/// Knows which names (a customer with an idempotency key, or with a sale and SKU) cannot be in `customer_records`, so
/// that a new key costs no look-up in a tree larger than the memory. Learns the tree by walking it a little at a time
/// after the start, and says "perhaps" to everything until it has.
class TreeNames {
public:
    bool may_hold(std::uint64_t hash) const { return !known_ || known_->may_hold(hash); }
    /// To be told of every name that is written to the tree.
    void add(std::uint64_t hash);
    /// Reads at most `rows_max` more rows of the tree, when there are any that it does not know.
    void learn(SqliteConnection& connection, std::int64_t rows_max);

private:
    static constexpr std::size_t kNamesMin = 1 << 16;

    std::optional<BloomFilter> known_;                // of the whole tree
    std::optional<BloomFilter> learning_{kNamesMin};  // of the tree up to the place below, and of all that came since
    std::string customer_;                            // the place, as the tree's key
    std::int64_t kind_ = 0;
    std::string key_;
};

}  // namespace marketday::adapters
