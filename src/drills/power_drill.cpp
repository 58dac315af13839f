#include "drills/power_drill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "audit/report.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "drills/drill_shop.hpp"
#include "drills/faulty_disk.hpp"
#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

using audit::grouped;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint32_t kCuts = 100;
constexpr std::uint32_t kShoppers = 200;
constexpr milliseconds kArrive{1200};
constexpr std::int64_t kSpreadMs = 1900;

/// True when the audit noticed that acknowledged orders are gone, which a disk that lies must bring about.
bool lie_is_noticed(const DrillOptions& options, const Say& say, SeededRandom& random) {
    TemporaryDirectory directory{"drill-power-lie", options.keep};
    FaultyDisk disk{directory.path()};
    DrillShop shop{options, say, directory, {.name = "power", .data = disk.path() / "shop"}};
    shop.allow_untold();
    shop.open(10'000);
    disk.lie(true);
    shop.send_crowd({.shoppers = kShoppers, .arrive = kArrive, .seed = random.u64()});
    pause(milliseconds{1400});
    shop.process().kill();
    disk.cut_power(random.u64(), true);
    disk.lie(false);
    shop.process().start();
    shop.crowd_leaves();
    shop.audit("after the lie");
    return std::ranges::any_of(shop.result().failures, [](const std::string& failure) {
        return failure.find("acknowledged-there") != std::string::npos;
    });
}

}  // namespace

DrillResult drill_power(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    const std::uint32_t cuts = options.count > 0 ? options.count : kCuts;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    TemporaryDirectory directory{"drill-power", options.keep};
    FaultyDisk disk{directory.path()};
    DrillShop shop{options, say, directory, {.name = "power", .data = disk.path() / "shop"}};
    shop.open(static_cast<std::int64_t>(cuts) * shoppers);
    SeededRandom random{options.seed};
    FaultyDisk::Dropped all;
    for (std::uint32_t cut = 1; cut <= cuts; ++cut) {
        shop.send_crowd({.shoppers = shoppers, .arrive = kArrive, .line = cut % 2 == 0, .seed = random.u64()});
        const milliseconds after{200 + static_cast<std::int64_t>(random.below(kSpreadMs))};
        pause(after);
        const auto begun = steady_clock::now();
        shop.process().kill();
        const auto dropped = disk.cut_power(random.u64());
        all.sectors_unsynced += dropped.sectors_unsynced;
        all.sectors_dropped += dropped.sectors_dropped;
        all.sectors_torn += dropped.sectors_torn;
        all.names_undone += dropped.names_undone;
        shop.process().start();
        const double back_s = duration<double>(steady_clock::now() - begun).count();
        shop.crowd_leaves();
        const double audit_s = shop.audit(fmt::format("after cut {}", cut));
        say(
            fmt::format("cut {} of {}: after {:.2f} s; {} of {} unsynced sectors dropped, {} torn, {} names undone; {} "
                        "orders acknowledged so far, back in {:.2f} s, audited in {:.2f} s",
                        cut, cuts, duration<double>(after).count(), dropped.sectors_dropped, dropped.sectors_unsynced,
                        dropped.sectors_torn, dropped.names_undone, shop.totals().acknowledged, back_s, audit_s));
        if (!shop.result().passed()) break;
    }
    shop.close();
    DrillResult& result = shop.result();
    const bool noticed = lie_is_noticed(options, say, random);
    say(noticed ? "a disk that lies about its syncs: lost orders, noticed" : "a disk that lies: NOT noticed");
    if (!noticed)
        result.fails("a disk that lied about its syncs lost nothing that was noticed: the drill does not bite");
    result.figure("power cuts", grouped(cuts));
    result.figure("sectors unsynced at a cut", grouped(all.sectors_unsynced));
    result.figure("of them dropped, torn",
                  fmt::format("{}, {}", grouped(all.sectors_dropped), grouped(all.sectors_torn)));
    result.figure("names undone", grouped(all.names_undone));
    shop.tell_figures();
    result.figure("a disk that lies about its syncs", noticed ? "loses orders; noticed" : "NOT noticed");
    return result;
}

}  // namespace marketday::drills
