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
#include "drills/rehearsal_steps.hpp"
#include "drills/shop_process.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {
namespace {

using std::chrono::steady_clock;
namespace fs = std::filesystem;
using Say = std::function<void(const std::string&)>;

constexpr milliseconds kDrainWithin{12'000};
constexpr milliseconds kLookEvery{5};
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

}  // namespace

std::string Rehearsal::verdict() const {
    using audit::grouped;
    std::string text =
        fmt::format("{} of {} sold to {} people in {:.1f} s · {} oversold · {} lost · {} told honestly",
                    grouped(units_sold), grouped(units_offered), grouped(people_served), seconds_to_sold_out,
                    grouped(units_oversold), grouped(orders_lost), grouped(told_honestly));
    if (left_untold > 0) text += fmt::format(" · {} left untold", grouped(left_untold));
    if (contradictions > 0) text += fmt::format(" · {} contradictions", grouped(contradictions));
    for (const FaultSeen& fault : faults) {
        text += fmt::format(" · {}", fault.what);
        if (fault.seconds_to_first_order >= 0)
            text += fmt::format(", first good order {:.2f} s later", fault.seconds_to_first_order);
    }
    if (!faults.empty())
        text +=
            fmt::format(" · {} answers 5xx, {} connections lost", grouped(server_errors), grouped(lost_connections));
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
    std::string seen;
    for (const FaultSeen& fault : faults)
        seen += fmt::format(R"({}{{"what":{},"seconds_to_first_order":{:.3f}}})", seen.empty() ? "" : ",",
                            crowd::json_quoted(fault.what), fault.seconds_to_first_order);
    return fmt::format(
        R"({{"passed":{},"verdict":{},"shoppers":{},"units_offered":{},"units_sold":{},"people_served":{},)"
        R"("orders_acknowledged":{},"orders_lost":{},"units_oversold":{},"contradictions":{},)"
        R"("told_honestly":{},"left_untold":{},"seconds_to_sold_out":{:.3f},"killed":{},)"
        R"("seconds_down":{:.3f},"settled":{},"server_exit_code":{},"server_errors":{},"lost_connections":{},)"
        R"("audit_violations":{},"ledger_entries":{},"faults":[{}],"failures":[{}]}})",
        passed(), crowd::json_quoted(verdict()), shoppers, units_offered, units_sold, people_served,
        orders_acknowledged, orders_lost, units_oversold, contradictions, told_honestly, left_untold,
        seconds_to_sold_out, killed, seconds_down, settled, server_exit_code, server_errors, lost_connections,
        audit.violation_count(), audit.ledger_entries, seen, reasons);
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
                      {fmt::format("checkout.hold_s={}", kRehearsalHoldSeconds)}}};
    shop.start();
    say(fmt::format("a throwaway shop serves at {}", shop.shop_url()));
    plan_rehearsal(shop, options);
    say(fmt::format("{} shoppers come within {:.0f} s for {} units", audit::grouped(options.shoppers),
                    std::chrono::duration<double>(options.arrive).count(), audit::grouped(options.units)));
    const crowd::Options visitors = crowd_options(shop, options, options.kill, report_dir);
    Child crowd = start_crowd(visitors, say);
    const int crowd_exit_code = watch_crowd(crowd, shop, options, result, say);
    read_summary(report_dir, result);
    result.settled = wait_until_settled(shop.database().string(), [&shop] { shop.check_running(); });
    result.server_exit_code = shop.stop(kDrainWithin).value_or(-1);
    audit_all(shop.database().string(), report_dir, result);
    judge(options, crowd_exit_code, result);
    return result;
}

}  // namespace marketday::drills
