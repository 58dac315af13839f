#include <fmt/format.h>

#include <map>
#include <tuple>

#include "audit/checks.hpp"

namespace marketday::audit {
namespace {

struct Item {
    std::int64_t units = 0;
    std::int64_t taken = 0;
    std::int64_t limit = 0;
    std::int64_t counted = 0;
};
using Items = std::map<std::pair<std::int64_t, std::int64_t>, Item>;  // by sale_no, sku_no

/// What a customer holds and has bought of one SKU in one sale.
struct Use {
    std::int64_t counted = 0;
    std::int64_t recorded = 0;
};
struct UseKey {
    Uuid customer;
    std::int64_t sale_no = 0;
    std::int64_t sku_no = 0;
    auto operator<=>(const UseKey&) const = default;
};

std::int64_t big_endian(std::span<const std::uint8_t> bytes) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : bytes) number = (number << 8) | byte;
    return static_cast<std::int64_t>(number);
}

std::string sale_name(Store& store, std::int64_t sale_no) {
    Rows rows{store, "SELECT sale_id FROM sales WHERE sale_no = ?1"};
    rows.bind(1, sale_no);
    return rows.next() ? "sale " + rows.uuid(0).to_string() : fmt::format("unknown sale number {}", sale_no);
}

Items read_items(Store& store) {
    Items items;
    for (Rows rows{store, "SELECT sale_no, sku_no, units, taken, limit_per_customer FROM sale_items"}; rows.next();)
        items[{rows.integer(0), rows.integer(1)}] = {rows.integer(2), rows.integer(3), rows.integer(4), 0};
    return items;
}

std::map<UseKey, Use> read_uses(Store& store) {
    std::map<UseKey, Use> uses;
    for (Rows rows{store, "SELECT customer_id, key, units FROM customer_facts WHERE kind = 1"}; rows.next();) {
        const auto key = rows.blob(1);
        if (key.size() != 16) continue;
        uses[{rows.uuid(0), big_endian(key.first(8)), big_endian(key.last(8))}].recorded = rows.integer(2);
    }
    return uses;
}

void check_units(Site& site, const Items& items, Check& within) {
    for (const auto& [key, item] : items) {
        within.examined();
        const std::string name = sale_name(site.store, key.first) + ", " + sku_name(site.names, key.second);
        if (item.counted > item.units)
            within.violated(name, fmt::format("at most {} units held and sold", item.units),
                            fmt::format("{} in its orders", item.counted));
        else if (item.taken != item.counted)
            within.violated(name, fmt::format("{} units taken (sum over its orders)", item.counted),
                            fmt::format("{} units taken", item.taken));
    }
}

void check_limits(Site& site, const Items& items, const std::map<UseKey, Use>& uses, Check& limits) {
    for (const auto& [key, use] : uses) {
        limits.examined();
        const auto item = items.find({key.sale_no, key.sku_no});
        const std::string name = fmt::format("customer {}, {}, {}", key.customer.to_string(),
                                             sale_name(site.store, key.sale_no), sku_name(site.names, key.sku_no));
        if (item == items.end())
            limits.violated(name, "an item of that sale", "none");
        else if (use.counted > item->second.limit)
            limits.violated(name, fmt::format("at most {} units", item->second.limit),
                            fmt::format("{} units in the orders", use.counted));
        else if (use.counted != use.recorded)
            limits.violated(name, fmt::format("{} units noted (sum over the orders)", use.counted),
                            fmt::format("{} units noted", use.recorded));
    }
}

}  // namespace

void check_sales(Site& site, Report& report) {
    Check& within = report.add("sale-within-units", "No sale sells more than its units", "items");
    Check& limits = report.add("limits-kept", "No customer has more than the sale's limit", "customers' limits");
    Items items = read_items(site.store);
    std::map<UseKey, Use> uses = read_uses(site.store);
    for (const StoredLine& line : site.lines) {
        if (line.sale_no == 0) continue;
        const std::int64_t units = holds(line.state) ? line.quantity : site.units_kept(line);
        if (units == 0) continue;
        if (const auto item = items.find({line.sale_no, line.sku_no}); item != items.end())
            item->second.counted += units;
        uses[{line.customer, line.sale_no, line.sku_no}].counted += units;
    }
    check_units(site, items, within);
    check_limits(site, items, uses, limits);
}

}  // namespace marketday::audit
