#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "drills/child.hpp"
#include "drills/drill.hpp"
#include "drills/shop_process.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {

/// What one crowd of a drill does.
struct CrowdPlan {
    std::uint32_t shoppers = 300;
    std::chrono::milliseconds arrive{1200};
    bool line = false;  // the sale with a line, else the one without
    std::uint64_t seed = 1;
    std::uint32_t silent_payments_percent = 0;
    bool pay = true;
    std::chrono::seconds retry_for{30};
    std::chrono::seconds patience{60};
    std::chrono::seconds request_timeout{30};
};

/// What the crowds of a drill saw, summed up.
struct CrowdTotals {
    std::int64_t crowds = 0;
    std::int64_t shoppers = 0;
    std::int64_t acknowledged = 0;
    std::int64_t requests = 0;
    std::int64_t retries = 0;
    std::int64_t lost_connections = 0;
    std::int64_t left_untold = 0;  // no answer in the end, or gave up
    std::int64_t unavailable = 0;  // answers 503
};

/// A throwaway shop with two open sales, one with a line and one without, the crowds that shop there one after another,
/// and the audits in between against everything that any of them was ever told.
class DrillShop {
public:
    struct Setup {
        std::string name;
        std::vector<std::string> settings = {};  // key=value, for --set
        Surroundings surroundings = {};
        std::optional<std::filesystem::path> data = std::nullopt;  // the shop's; else within the directory
        std::chrono::seconds hold{15};                             // that nobody pays ends after this
    };
    DrillShop(const DrillOptions& options, const Say& say, TemporaryDirectory& directory, Setup setup);

    /// Starts the shop and opens both sales with so many units each.
    void open(std::int64_t units);
    ShopProcess& process() { return shop_; }
    /// Closes the sale with a line and opens another, as a shop does that holds one sale after the other.
    void renew_sale_with_line();

    /// Sends a crowd and returns once it is about to come: the first of it comes after kBeforeFirst.
    void send_crowd(const CrowdPlan& plan);
    bool crowd_is_there() { return crowd_ && !crowd_->ended(); }
    /// Waits for the crowd's end and takes over what it saw. Contradictions, undeclared answers and shoppers who were
    /// left untold are failures.
    void crowd_leaves();

    /// Audits what is stored against all histories; `when` names the moment in a failure's text. How long it took.
    double audit(const std::string& when, bool at_rest = false);
    /// Waits until nothing is under way, stops the shop, and audits it at rest.
    void close();

    /// Of the last crowd: acknowledged orders a second while there were orders, and their p50 and p99.
    double last_goodput() const { return last_goodput_; }
    std::pair<double, double> last_order_ms() const { return last_order_ms_; }
    const CrowdTotals& totals() const { return totals_; }
    DrillResult& result() { return result_; }
    const std::vector<std::filesystem::path>& histories() const { return histories_; }
    /// Whether a shopper without an answer is a failure: not while a fault lasts longer than people wait.
    void allow_untold() { untold_allowed_ = true; }
    /// Adds what all drills tell: crowds, orders, the last audit.
    void tell_figures();

    static constexpr std::chrono::milliseconds kBeforeFirst{400};

private:
    std::string open_sale(const std::string& sku, bool line);
    void read_summary(int exit_code);

    const DrillOptions& options_;
    const Say& say_;
    std::filesystem::path directory_;
    ShopProcess shop_;
    std::int64_t units_ = 0;
    std::int64_t sales_with_line_ = 0;
    std::string sale_with_line_;
    std::string sale_without_line_;
    std::optional<Child> crowd_;
    std::filesystem::path crowd_dir_;
    std::vector<std::filesystem::path> histories_;
    CrowdTotals totals_;
    DrillResult result_;
    std::int64_t audits_ = 0;
    std::int64_t history_operations_ = 0;
    std::int64_t orders_lost_ = 0;
    std::int64_t ledger_entries_ = 0;
    bool untold_allowed_ = false;
    double last_goodput_ = 0;
    std::pair<double, double> last_order_ms_{};
};

}  // namespace marketday::drills
