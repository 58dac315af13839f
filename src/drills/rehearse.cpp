#include "drills/rehearse.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "audit/audit.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "crowd/crowd.hpp"
#include "crowd/json_view.hpp"
#include "drills/interrupt.hpp"
#include "drills/planned_sale.hpp"
#include "drills/shop_process.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {
namespace {

using std::chrono::steady_clock;
namespace fs = std::filesystem;
using Say = std::function<void(const std::string&)>;

constexpr milliseconds kDrainWithin{12'000};
constexpr milliseconds kLookEvery{5};
// A hold that nobody pays ends after this; the rehearsal waits for it.
constexpr int kHoldSeconds = 12;
constexpr milliseconds kSettleWithin{90'000};

/// One product, its stock, and a sale of all of it that opens when the crowd has its accounts.
void plan_rehearsal(ShopProcess& shop, const RehearsalOptions& options) {
    PlannedSale sale;
    sale.sku = "rehearsal-lantern";
    sale.units = options.units;
    sale.opens_ms = to_unix_ms(SystemClock{}.wall_now()) + 1500 + static_cast<std::int64_t>(options.shoppers) / 10;
    sale.line = sale.draw = options.line;
    plan_sale(shop, sale);
}

crowd::Options crowd_options(const ShopProcess& shop, const RehearsalOptions& options, const fs::path& report_dir) {
    crowd::Options crowd;
    crowd.url = shop.shop_url();
    crowd.seed = options.seed;
    crowd.shoppers = options.shoppers;
    crowd.arrive_us = std::chrono::microseconds{options.arrive}.count();
    crowd.silent_payments_percent = options.silent_payments_percent;
    crowd.data_dir = shop.data().string();
    crowd.across_restart = options.kill;
    crowd.report_dir = report_dir.string();
    crowd.display = options.display ? crowd::Options::Display::automatic : crowd::Options::Display::none;
    return crowd;
}

Child start_crowd(const crowd::Options& options, const Say& say) {
    return Child::run([&options, &say] {
        const auto report = crowd::run(options, say);
        if (!report) throw std::runtime_error(report.error().message);
        return report->exit_code();
    });
}

/// Waits for the crowd; when asked to, kills the server once half of what will be sold is taken, and starts it again.
int watch_crowd(Child& crowd, ShopProcess& shop, const RehearsalOptions& options, Rehearsal& result, const Say& say) {
    const std::int64_t half = std::max<std::int64_t>(1, std::min<std::int64_t>(options.units, options.shoppers) / 2);
    while (!crowd.ended()) {
        pause(kLookEvery);
        shop.check_running();
        if (!options.kill || result.killed) continue;
        const auto standing = audit::look(shop.database());
        if (!standing || standing->reserved + standing->sold < half) continue;
        const auto begun = steady_clock::now();
        shop.kill();
        say(fmt::format("killed the server (kill -9) with {} of {} units taken", standing->reserved + standing->sold,
                        options.units));
        shop.start();
        result.seconds_down = std::chrono::duration<double>(steady_clock::now() - begun).count();
        result.killed = true;
        say(fmt::format("started it again; it answered after {:.2f} s", result.seconds_down));
    }
    return *crowd.ended();
}

bool wait_until_settled(ShopProcess& shop) {
    const auto deadline = steady_clock::now() + kSettleWithin;
    while (steady_clock::now() < deadline) {
        shop.check_running();
        const auto standing = audit::look(shop.database());
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

void audit_all(const ShopProcess& shop, const fs::path& report_dir, Rehearsal& result) {
    auto report = audit::run({shop.database(), {report_dir / "history.jsonl"}, true});
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

}  // namespace

std::string Rehearsal::verdict() const {
    using audit::grouped;
    std::string text =
        fmt::format("{} of {} sold to {} people in {:.1f} s · {} oversold · {} lost · {} told honestly",
                    grouped(units_sold), grouped(units_offered), grouped(people_served), seconds_to_sold_out,
                    grouped(units_oversold), grouped(orders_lost), grouped(told_honestly));
    if (left_untold > 0) text += fmt::format(" · {} left untold", grouped(left_untold));
    if (contradictions > 0) text += fmt::format(" · {} contradictions", grouped(contradictions));
    if (killed) text += fmt::format(" · killed once, back in {:.1f} s", seconds_down);
    const auto* chained = audit.find("ledger-chained");
    const auto* replays = audit.find("ledger-replays");
    const bool ledger = chained != nullptr && replays != nullptr && chained->holds() && replays->holds();
    return text + (ledger ? " · ledger verified" : " · LEDGER BROKEN");
}

std::string Rehearsal::to_json() const {
    std::string reasons;
    for (const std::string& failure : failures) {
        if (!reasons.empty()) reasons += ',';
        reasons += crowd::json_quoted(failure);
    }
    return fmt::format(
        R"({{"passed":{},"verdict":{},"shoppers":{},"units_offered":{},"units_sold":{},"people_served":{},)"
        R"("orders_acknowledged":{},"orders_lost":{},"units_oversold":{},"contradictions":{},)"
        R"("told_honestly":{},"left_untold":{},"seconds_to_sold_out":{:.3f},"killed":{},)"
        R"("seconds_down":{:.3f},"settled":{},"server_exit_code":{},"audit_violations":{},)"
        R"("ledger_entries":{},"failures":[{}]}})",
        passed(), crowd::json_quoted(verdict()), shoppers, units_offered, units_sold, people_served,
        orders_acknowledged, orders_lost, units_oversold, contradictions, told_honestly, left_untold,
        seconds_to_sold_out, killed, seconds_down, settled, server_exit_code, audit.violation_count(),
        audit.ledger_entries, reasons);
}

Rehearsal rehearse(const RehearsalOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    const TemporaryDirectory directory{"rehearsal", options.keep};
    const fs::path report_dir = options.report_dir.empty() ? directory.path() / "crowd" : options.report_dir;
    Rehearsal result;
    result.units_offered = options.units;
    if (options.keep) result.directory = directory.path();

    ShopProcess shop{{directory.path() / "shop",
                      directory.path() / "server.log",
                      {fmt::format("checkout.hold_s={}", kHoldSeconds)}}};
    shop.start();
    say(fmt::format("a throwaway shop serves at {}", shop.shop_url()));
    plan_rehearsal(shop, options);
    say(fmt::format("{} shoppers come within {:.0f} s for {} units", audit::grouped(options.shoppers),
                    std::chrono::duration<double>(options.arrive).count(), audit::grouped(options.units)));
    const crowd::Options visitors = crowd_options(shop, options, report_dir);
    Child crowd = start_crowd(visitors, say);
    const int crowd_exit_code = watch_crowd(crowd, shop, options, result, say);
    read_summary(report_dir, result);
    result.settled = wait_until_settled(shop);
    result.server_exit_code = shop.stop(kDrainWithin).value_or(-1);
    audit_all(shop, report_dir, result);
    judge(options, crowd_exit_code, result);
    return result;
}

}  // namespace marketday::drills
