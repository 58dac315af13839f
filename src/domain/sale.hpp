#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "base/money.hpp"
#include "base/time.hpp"
#include "domain/stock.hpp"

namespace marketday::domain {

/// scheduled -> open <-> paused -> closed; scheduled -> closed when called off. A scheduled sale sells from `opens_at`
/// on by itself, without anybody touching it; `open` opens it before that.
enum class SaleState : std::uint8_t { scheduled = 1, open = 2, paused = 3, closed = 4 };
std::string_view to_string(SaleState state);
std::optional<SaleState> parse_sale_state(std::string_view text);

/// Whether an operator may bring a sale from one state to another.
bool may_follow(SaleState from, SaleState to);

/// One SKU of a sale. `units` caps what the sale may hold or have sold at one time; `taken` is what it holds and has
/// sold.
struct SaleItem {
    SkuCode sku;
    std::int64_t units = 0;
    Money price;
    std::int64_t limit_per_customer = 1;  // 1..kUnitsMax
    std::int64_t taken = 0;
    bool operator==(const SaleItem&) const = default;
};

/// How shoppers of a sale queue. Without a line everybody may order from the opening on.
struct LinePolicy {
    bool enabled = true;
    /// True: those who joined before the opening are drawn by lot. False: in the order they came.
    bool draw = true;
    std::int64_t admissions_per_s_max = 5000;
    seconds admission_valid{120};
    bool operator==(const LinePolicy&) const = default;
};

struct Sale {
    SaleId id;
    std::string name_json;  // {"ko": …, "ja": …, "en": …} as stored; at least one language.
    SaleState state = SaleState::scheduled;
    WallTime opens_at{};
    std::optional<WallTime> closes_at;
    LinePolicy line;
    std::vector<SaleItem> items;  // 1..50

    /// The state that people should be told: a scheduled sale whose time has come is open, one past its end is closed.
    SaleState state_at(WallTime now) const;
    /// Whether an order may be granted at `now`.
    bool sells_at(WallTime now) const { return state_at(now) == SaleState::open; }
    bool operator==(const Sale&) const = default;
};

}  // namespace marketday::domain
