#include "drills/rehearsal_steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "audit/audit.hpp"
#include "base/time.hpp"
#include "crowd/crowd.hpp"
#include "crowd/json_view.hpp"
#include "drills/interrupt.hpp"
#include "drills/planned_sale.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {
namespace {

using std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr milliseconds kSettleWithin{90'000};

}  // namespace

/// One product, its stock, and a sale of all of it that opens when the crowd has its accounts.
void plan_rehearsal(OperatedShop& shop, const RehearsalOptions& options) {
    PlannedSale sale;
    sale.sku = "rehearsal-lantern";
    sale.units = options.units;
    sale.opens_ms = to_unix_ms(SystemClock{}.wall_now()) + 1500 + static_cast<std::int64_t>(options.shoppers) / 10;
    sale.line = sale.draw = options.line;
    plan_sale(shop, sale);
}

crowd::Options crowd_options(const OperatedShop& shop, const RehearsalOptions& options, bool across_faults,
                             const fs::path& report_dir) {
    crowd::Options crowd;
    crowd.url = shop.shop_url();
    crowd.seed = options.seed;
    crowd.shoppers = options.shoppers;
    crowd.arrive_us = std::chrono::microseconds{options.arrive}.count();
    crowd.silent_payments_percent = options.silent_payments_percent;
    crowd.admin_url = shop.admin_url();
    crowd.admin_token = shop.token();
    crowd.across_restart = across_faults;
    crowd.report_dir = report_dir.string();
    crowd.display = options.display ? crowd::Options::Display::automatic : crowd::Options::Display::none;
    return crowd;
}

Child start_crowd(const crowd::Options& options, const std::function<void(const std::string&)>& say) {
    return Child::run([&options, &say] {
        const auto report = crowd::run(options, say);
        if (!report) throw std::runtime_error(report.error().message);
        return report->exit_code();
    });
}

bool wait_until_settled(const std::string& database, const std::function<void()>& check) {
    const auto deadline = steady_clock::now() + kSettleWithin;
    while (steady_clock::now() < deadline) {
        check();
        const auto standing = audit::look(database);
        if (standing && standing->settled()) return true;
        pause(milliseconds{50});
    }
    return false;
}

void read_summary(const fs::path& report_dir, Rehearsal& result) {
    const std::string text = text_of(report_dir / "summary.json");
    const crowd::JsonView summary{text};
    if (summary.absent()) throw std::runtime_error("the crowd left no summary; its own message stands above");
    result.shoppers = summary["shoppers"].integer_or(0);
    result.contradictions = summary["contradictions"].integer_or(0);
    const crowd::JsonView endings = summary["endings"];
    result.told_honestly = endings["told_no"].integer_or(0) + endings["declined"].integer_or(0);
    result.left_untold =
        endings["gave_up"].integer_or(0) + endings["unknown"].integer_or(0) + endings["failed"].integer_or(0);
    result.lost_connections = summary["lost_connections"].integer_or(0);
    for (crowd::JsonWalk walk(summary["statuses"]); walk.next();) {
        if (walk.key().starts_with("5")) result.server_errors += walk.value().integer_or(0);
    }
    const crowd::JsonView seconds = summary["seconds_to_last_payment"];
    if (!seconds.absent()) result.seconds_to_sold_out = std::stod(std::string{seconds.raw()});
}

void judge(const RehearsalOptions& options, int crowd_exit_code, Rehearsal& result) {
    const auto fails = [&result](std::string why) { result.failures.push_back(std::move(why)); };
    const std::int64_t wanted = std::min<std::int64_t>(options.units, options.shoppers);
    if (result.units_sold != wanted)
        fails(fmt::format("{} of {} units were sold", audit::grouped(result.units_sold), audit::grouped(wanted)));
    if (result.units_oversold > 0) fails(fmt::format("{} units oversold", audit::grouped(result.units_oversold)));
    if (result.orders_lost > 0) fails(fmt::format("{} acknowledged orders lost", audit::grouped(result.orders_lost)));
    if (result.contradictions > 0)
        fails(fmt::format("{} contradictions between what shoppers were told", audit::grouped(result.contradictions)));
    if (result.left_untold > 0)
        fails(fmt::format("{} shoppers left without being told", audit::grouped(result.left_untold)));
    if (!result.audit.holds()) fails(fmt::format("the audit found {} violations", result.audit.violation_count()));
    if (!result.settled) fails("payments, holds or events were still under way at the end");
    if (result.server_exit_code != 0) fails(fmt::format("the server ended with exit code {}", result.server_exit_code));
    if (options.kill && !result.killed) fails("the sale was over before the server could be killed");
    if (crowd_exit_code == 2) fails("the crowd itself had trouble; its figures are doubtful");
    if (crowd_exit_code > 3) fails(fmt::format("the crowd ended with exit code {}", crowd_exit_code));
}

void audit_all(const std::string& database, const fs::path& report_dir, Rehearsal& result) {
    auto report = audit::run({database, {report_dir / "history.jsonl"}, true});
    if (!report) throw std::runtime_error(report.error());
    result.audit = std::move(*report);
    result.units_sold = result.audit.units_sold;
    result.people_served = result.audit.customers_served;
    result.orders_acknowledged = result.audit.orders_acknowledged;
    result.orders_lost = result.audit.orders_lost;
    result.contradictions += result.audit.contradictions;
    result.units_oversold = std::max<std::int64_t>(0, result.units_sold - result.units_offered);
    // After a silent payment nobody was told of, only the ledger knows when the last unit was paid.
    if (result.seconds_to_sold_out <= 0 && result.audit.orders_sold > 0)
        result.seconds_to_sold_out = static_cast<double>(result.audit.selling_ms) / 1000.0;
}

}  // namespace marketday::drills
