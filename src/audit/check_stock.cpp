#include <fmt/format.h>

#include "audit/checks.hpp"

namespace marketday::audit {
namespace {

Level stored_level(const Rows& row) {
    return {row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5), row.integer(6)};
}

bool adds_up(const Level& level) {
    const bool negative = level.received < 0 || level.available < 0 || level.reserved < 0 || level.sold < 0 ||
                          level.in_transfer < 0 || level.withdrawn < 0;
    return !negative &&
           level.received == level.available + level.reserved + level.sold + level.in_transfer + level.withdrawn;
}

struct Sums {
    std::int64_t reserved = 0;
    std::int64_t sold = 0;
};

std::unordered_map<std::int64_t, Sums> sums_of_orders(const Site& site) {
    std::unordered_map<std::int64_t, Sums> sums;
    for (const StoredLine& line : site.lines) {
        Sums& sum = sums[line.sku_no];
        if (holds(line.state))
            sum.reserved += line.quantity;
        else
            sum.sold += site.units_kept(line);
    }
    return sums;
}

}  // namespace

void check_stock(Site& site, Check& replays, Report& report) {
    Check& adds = report.add("stock-adds-up", "Every unit received is in one place", "SKUs");
    Check& sums_agree = report.add("stock-matches-orders", "Units held and sold are those of the orders", "SKUs");
    auto sums = sums_of_orders(site);
    auto replayed = site.replay.levels;
    for (Rows rows{site.store, "SELECT sku_no, received, available, reserved, sold, in_transfer, withdrawn FROM stock"};
         rows.next();) {
        const std::int64_t sku_no = rows.integer(0);
        const Level level = stored_level(rows);
        const std::string name = sku_name(site.names, sku_no);
        report.units_sold += level.sold;
        adds.examined();
        if (!adds_up(level))
            adds.violated(name, "received = available + reserved + sold + in transfer + withdrawn, none below zero",
                          level.to_string());
        sums_agree.examined();
        const Sums sum = sums[sku_no];
        if (sum.reserved != level.reserved || sum.sold != level.sold)
            sums_agree.violated(name, fmt::format("reserved {}, sold {} (sum over its orders)", sum.reserved, sum.sold),
                                fmt::format("reserved {}, sold {}", level.reserved, level.sold));
        if (replayed[sku_no] != level)
            replays.violated(name, replayed[sku_no].to_string() + " (replayed)", level.to_string());
        sums.erase(sku_no);
        replayed.erase(sku_no);
    }
    for (const auto& [sku_no, sum] : sums)
        if (sum.reserved + sum.sold > 0)
            sums_agree.violated(sku_name(site.names, sku_no), "a row of stock",
                                fmt::format("none, and orders for {} units", sum.reserved + sum.sold));
    for (const auto& [sku_no, level] : replayed)
        if (level != Level{})
            replays.violated(sku_name(site.names, sku_no), level.to_string() + " (replayed)", "no row of stock");
}

}  // namespace marketday::audit
