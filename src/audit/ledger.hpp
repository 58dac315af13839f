#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>

#include "audit/report.hpp"
#include "audit/store.hpp"
#include "base/hash.hpp"
#include "base/ids.hpp"

namespace marketday::audit {

/// An order's units of one SKU, as the ledger moved them.
struct LineKey {
    Uuid order;
    std::int64_t sku_no = 0;
    bool operator==(const LineKey&) const = default;
};
struct LineKeyHash {
    std::size_t operator()(const LineKey& key) const {
        return UuidHash{}(key.order) ^ (static_cast<std::size_t>(key.sku_no) * 0x9e3779b97f4a7c15ULL);
    }
};
struct LineUnits {
    std::int64_t reserved = 0;
    std::int64_t sold = 0;
    std::int64_t restocked = 0;
    bool seen = false;  // by whoever compares the orders with it
};

/// Where the units of one SKU are, replayed.
struct Level {
    std::int64_t received = 0;
    std::int64_t available = 0;
    std::int64_t reserved = 0;
    std::int64_t sold = 0;
    std::int64_t in_transfer = 0;
    std::int64_t withdrawn = 0;
    bool operator==(const Level&) const = default;
    std::string to_string() const;
};

/// What the ledger says, once walked from its first entry to its last.
struct Replay {
    std::unordered_map<std::int64_t, Level> levels;  // by sku_no
    std::unordered_map<LineKey, LineUnits, LineKeyHash> lines;
    std::int64_t entries = 0;
    Hash256 head{};
};

/// Codes by number.
using SkuNames = std::unordered_map<std::int64_t, std::string>;
std::string sku_name(const SkuNames& names, std::int64_t sku_no);
SkuNames read_sku_names(Store& store);

/// Walks the ledger: computes every hash again, replays every movement. `chained` gets what breaks the chain,
/// `replays` what makes a place negative, `ends_once` the reservations that end twice or without having begun.
/// `tell`, when given, is told of the entries read, every few thousand.
Replay walk_ledger(Store& store, const SkuNames& names, Check& chained, Check& replays, Check& ends_once,
                   const std::function<void(std::int64_t)>& tell = {});

}  // namespace marketday::audit
