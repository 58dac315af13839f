#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "audit/ledger.hpp"
#include "audit/report.hpp"
#include "audit/store.hpp"

namespace marketday::audit {

// The numbers of src/domain/order.hpp, written again on purpose.
enum class State : std::uint8_t {
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
std::string state_name(std::int64_t state);
bool holds(std::int64_t state);     // reserved, paying
bool has_sold(std::int64_t state);  // paid .. returned

/// One line of an order, with what its order says.
struct StoredLine {
    Uuid order;
    Uuid customer;
    std::int64_t sale_no = 0;  // 0: none
    std::int64_t state = 0;
    std::int64_t sku_no = 0;
    std::int64_t quantity = 0;
};

/// What several checks need, read once.
struct Site {
    Store& store;
    SkuNames names;
    Replay replay;
    std::vector<StoredLine> lines;  // of all orders, by order
    /// Units that the order still has of its line: 0 once they went back.
    std::int64_t units_kept(const StoredLine& line) const;
};
std::vector<StoredLine> read_lines(Store& store);

// Each looks at one area and adds its checks to the report.
void check_stock(Site& site, Check& replays, Report& report);
void check_sales(Site& site, Report& report);
void check_orders(Site& site, Report& report);
void check_keys(Site& site, Report& report);
void check_payments(Site& site, Report& report);
void check_accounts(Site& site, Report& report);
void check_line(Site& site, Report& report);
void check_outbox(Site& site, bool drained, Report& report);
/// Empty on success, else one sentence that says which file cannot be read.
std::string check_history(Site& site, const std::vector<std::filesystem::path>& files, Report& report);

}  // namespace marketday::audit
