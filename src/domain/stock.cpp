#include "domain/stock.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::domain {

bool is_sku_code(std::string_view text) {
    if (text == "." || text == "..") return false;  // somebody's path segment
    static constexpr std::string_view kMarks = "._-~!%+";
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || kMarks.contains(c);
    });
}

bool StockLevel::is_consistent() const {
    return received >= 0 && available >= 0 && reserved >= 0 && sold >= 0 && in_transfer >= 0 && withdrawn >= 0 &&
           received == available + reserved + sold + in_transfer + withdrawn;
}

namespace {

/// Moves units from one place to another; false when there are too few.
bool move(std::int64_t& from, std::int64_t& to, std::int64_t units) {
    if (from < units) return false;
    from -= units;
    to += units;
    return true;
}

}  // namespace

bool apply(StockLevel& level, Movement movement, std::int64_t units) {
    MD_ASSERT(units > 0);
    switch (movement) {
        case Movement::receive:
            if (level.received + units > kUnitsMax) return false;
            level.received += units;
            level.available += units;
            return true;
        case Movement::reserve: return move(level.available, level.reserved, units);
        case Movement::release:
        case Movement::expire: return move(level.reserved, level.available, units);
        case Movement::sell: return move(level.reserved, level.sold, units);
        case Movement::restock: return move(level.sold, level.available, units);
        case Movement::withdraw: return move(level.available, level.withdrawn, units);
        case Movement::transfer_out: return move(level.available, level.in_transfer, units);
        case Movement::transfer_in:
            level.received += units;
            level.available += units;
            return true;
        case Movement::transfer_done:
            if (level.in_transfer < units) return false;
            level.in_transfer -= units;
            level.received -= units;
            return true;
    }
    return false;
}

}  // namespace marketday::domain
