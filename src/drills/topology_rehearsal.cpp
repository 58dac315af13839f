#include "drills/topology_rehearsal.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "audit/audit.hpp"
#include "audit/history.hpp"
#include "base/time.hpp"
#include "crowd/json_view.hpp"
#include "drills/interrupt.hpp"
#include "drills/rehearsal_steps.hpp"
#include "drills/temporary_directory.hpp"
#include "drills/topology_faults.hpp"
#include "fleet/fleet.hpp"
#include "fleet/host_network.hpp"
#include "fleet/machine.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using Say = std::function<void(const std::string&)>;

constexpr milliseconds kLookEvery{50};
// Who pays at a process that stands still hears nothing for the load balancer's 12 s, and must find the order as it
// was.
constexpr int kHoldSeconds = 30;

/// Takes a fleet down on every way out.
class Standing {
public:
    Standing(fs::path directory, bool keep) : fleet_(std::move(directory)), keep_(keep) {}
    ~Standing() {
        try {
            fleet_.down(!keep_, [](const std::string&) {});
        } catch (const std::runtime_error&) {
            // Told by whoever looks for what is left; there is no better place here.
        }
    }
    Standing(const Standing&) = delete;
    Standing& operator=(const Standing&) = delete;
    const fleet::Fleet& fleet() const { return fleet_; }

private:
    fleet::Fleet fleet_;
    bool keep_;
};

fleet::Wanted wanted_of(const TopologyRehearsalOptions& topology) {
    fleet::Wanted wanted;
    wanted.file = topology.topology.string();
    wanted.topology = fleet::read_topology_text(topology.topology);
    const auto read = fleet::parse_topology(wanted.topology, wanted.file, topology.check_setting);
    wanted.wishes = wishes_of(topology.fault, read);
    wanted.wishes.network = fleet::free_network();
    wanted.wishes.program_mark = fleet::program_mark();
    wanted.wishes.settings = {
        {"rehearsal", "true"}, {"checkout.hold_s", std::to_string(kHoldSeconds)}, {"log_level", "warn"}};
    wanted.owner = {::getpid(), fleet::started_of(::getpid()).value_or(0)};
    return wanted;
}

/// Where shoppers go, and the operators' address of the first process that was started.
OperatedShop shop_of(const fleet::Fleet& fleet) {
    const fleet::Layout layout = fleet.layout();
    const fleet::Part* first = layout.first_of(fleet::Part::Kind::process);
    const std::string admin = text_of(fleet.directory() / first->data() / "admin.json");
    const crowd::JsonView said{admin};
    if (said["url"].absent())
        throw std::runtime_error(fmt::format("{} does not say where its operators go", first->name));
    return {layout.shop_url, said["url"].text(), said["token"].text()};
}

/// From each fault to the first acknowledged order that was begun after it.
void read_first_orders(const fs::path& report_dir, Rehearsal& result) {
    std::vector<std::int64_t> first(result.faults.size(), INT64_MAX);
    const auto read = audit::read_history(report_dir / "history.jsonl", [&](audit::Operation&& operation) {
        if (operation.kind != audit::OperationKind::order || operation.outcome != audit::Outcome::ok) return;
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (operation.start_us >= result.faults[i].at_us) first[i] = std::min(first[i], operation.end_us);
        }
    });
    if (!read) throw std::runtime_error(read.error());
    for (std::size_t i = 0; i < first.size(); ++i) {
        FaultSeen& fault = result.faults[i];
        if (first[i] != INT64_MAX) fault.seconds_to_first_order = static_cast<double>(first[i] - fault.at_us) / 1e6;
    }
}

int watch_crowd(Child& crowd, const fleet::Fleet& fleet, std::vector<Break> breaks, const RehearsalOptions& options,
                Rehearsal& result, const Say& say) {
    const std::string database = fleet.database();
    const auto wanted = static_cast<double>(std::min<std::int64_t>(options.units, options.shoppers));
    std::size_t next = 0;
    while (!crowd.ended()) {
        pause(kLookEvery);
        if (next == breaks.size()) continue;
        const auto standing = audit::look(database);
        if (!standing || static_cast<double>(standing->reserved + standing->sold) < wanted * breaks[next].at_share)
            continue;
        const Break& now = breaks[next++];
        say(fmt::format("{} of {} units are taken: {}", standing->reserved + standing->sold, options.units, now.what));
        result.faults.push_back({now.what, to_unix_ms(SystemClock{}.wall_now()) * 1000});
        now.break_it(fleet);
    }
    if (next < breaks.size())
        result.failures.push_back("the sale was over before " + breaks[next].what + "; try more units or shoppers");
    return *crowd.ended();
}

/// What a fault may not do to anybody, beside what no rehearsal may.
void judge_fault(const std::string& fault, Rehearsal& result) {
    for (const FaultSeen& seen : result.faults) {
        if (seen.seconds_to_first_order < 0) result.failures.push_back("no order was acknowledged after " + seen.what);
    }
    if (fault != "rolling") return;
    if (result.server_errors + result.lost_connections > 0)
        result.failures.push_back(
            fmt::format("{} answers were 5xx and {} connections were lost during a rolling restart",
                        result.server_errors, result.lost_connections));
}

}  // namespace

Rehearsal rehearse_topology(const RehearsalOptions& options, const TopologyRehearsalOptions& topology, const Say& say) {
    const InterruptGuard interrupt;
    fleet::Wanted wanted = wanted_of(topology);
    const TemporaryDirectory directory{"rehearsal", options.keep};
    // The engines' users pass through.
    fs::permissions(directory.path(), fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    const fs::path report_dir = options.report_dir.empty() ? directory.path() / "crowd" : options.report_dir;
    Rehearsal result;
    result.units_offered = options.units;
    if (options.keep) result.directory = directory.path();

    const Standing standing{directory.path() / "fleet", options.keep};
    const fleet::Fleet& fleet = standing.fleet();
    const auto read = fleet::parse_topology(wanted.topology, wanted.file, topology.check_setting);
    std::vector<Break> breaks =
        breaks_of(topology.fault, fleet::make_layout(read, wanted.wishes, fleet.directory()), say);
    fleet.up(std::move(wanted), say);
    OperatedShop shop = shop_of(fleet);
    say(fmt::format("a throwaway shop serves at {}", shop.shop_url()));
    plan_rehearsal(shop, options);
    say(fmt::format("{} shoppers come within {:.0f} s for {} units", audit::grouped(options.shoppers),
                    std::chrono::duration<double>(options.arrive).count(), audit::grouped(options.units)));
    const bool across_faults = !topology.fault.empty() && topology.fault != "rolling";
    crowd::Options visitors = crowd_options(shop, options, across_faults, report_dir);
    const fleet::Layout layout = fleet.layout();
    if (layout.origin_url != layout.shop_url) visitors.fallback_url = layout.origin_url;
    Child crowd = start_crowd(visitors, say);
    const int crowd_exit_code = watch_crowd(crowd, fleet, std::move(breaks), options, result, say);
    read_summary(report_dir, result);
    read_first_orders(report_dir, result);
    result.settled = wait_until_settled(fleet.database(), [] { check_interrupted(); });
    audit_all(fleet.database(), report_dir, result);
    judge(options, crowd_exit_code, result);
    judge_fault(topology.fault, result);
    return result;
}

}  // namespace marketday::drills
