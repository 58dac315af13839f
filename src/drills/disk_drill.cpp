#include "drills/disk_drill.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
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

constexpr std::uint32_t kStrikes = 100;
constexpr std::uint32_t kShoppers = 200;
constexpr milliseconds kArrive{1200};
// A few hundred orders take about as many writes and a tenth of the syncs.
constexpr std::uint64_t kWritesAhead = 200;
constexpr std::uint64_t kSyncsAhead = 10;
constexpr std::uint64_t kFailuresInARow = 5;
constexpr std::uint64_t kFullMsMax = 1500;
constexpr std::uint32_t kPowerCutEvery = 3;

enum class Trouble : std::uint8_t { full, write_full, write_error, sync_error };
constexpr std::array kTroubles{Trouble::full, Trouble::write_full, Trouble::write_error, Trouble::sync_error};

/// Lets the disk go wrong, and heals it. What it did, for a person.
std::string strike(FaultyDisk& disk, Trouble trouble, SeededRandom& random) {
    pause(milliseconds{300 + static_cast<std::int64_t>(random.below(700))});
    const auto times = 1 + static_cast<std::int64_t>(random.below(kFailuresInARow));
    const auto after_writes = static_cast<std::int64_t>(random.below(kWritesAhead));
    const auto after_syncs = static_cast<std::int64_t>(random.below(kSyncsAhead));
    // Half of the time the log of the database is what fails, else whatever comes.
    const std::string ending = random.below(2) == 0 ? "-wal" : "";
    switch (trouble) {
        case Trouble::full: {
            const milliseconds time{200 + static_cast<std::int64_t>(random.below(kFullMsMax))};
            disk.fill(true);
            pause(time);
            disk.fill(false);
            return fmt::format("full for {:.1f} s", duration<double>(time).count());
        }
        case Trouble::write_full:
            disk.fail(FaultyDisk::Call::write, after_writes, times, ENOSPC, ending);
            return fmt::format("no room at the {}th write and {} more", after_writes + 1, times - 1);
        case Trouble::write_error:
            disk.fail(FaultyDisk::Call::write, after_writes, times, EIO, ending);
            return fmt::format("an error at the {}th write and {} more", after_writes + 1, times - 1);
        case Trouble::sync_error:
            disk.fail(FaultyDisk::Call::sync, after_syncs, times, EIO, ending);
            return fmt::format("an error at the {}th sync and {} more", after_syncs + 1, times - 1);
    }
    return {};
}

}  // namespace

DrillResult drill_disk(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    const std::uint32_t strikes = options.count > 0 ? options.count : kStrikes;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    TemporaryDirectory directory{"drill-disk", options.keep};
    FaultyDisk disk{directory.path()};
    DrillShop shop{options, say, directory, {.name = "disk", .data = disk.path() / "shop"}};
    shop.open(static_cast<std::int64_t>(strikes) * shoppers);
    SeededRandom random{options.seed};
    std::int64_t failed = 0;
    std::uint32_t cuts = 0;
    for (std::uint32_t i = 1; i <= strikes; ++i) {
        const Trouble trouble = kTroubles[i % kTroubles.size()];
        shop.send_crowd({.shoppers = shoppers, .arrive = kArrive, .line = i / 4 % 2 == 0, .seed = random.u64()});
        const std::string what = strike(disk, trouble, random);
        const bool cut = i % kPowerCutEvery == 0;
        if (cut) {
            pause(milliseconds{static_cast<std::int64_t>(random.below(600))});
            shop.process().kill();
            failed += disk.counts().failed;
            disk.cut_power(random.u64());
            shop.process().start();
            ++cuts;
        }
        shop.crowd_leaves();
        // What has not struck yet must not strike the audit's own reading of the log.
        disk.heal();
        const std::int64_t by_now = failed + disk.counts().failed;
        shop.audit(fmt::format("after strike {} ({})", i, what));
        say(fmt::format("strike {} of {}: {}{}; {} calls failed so far, {} answers 503, {} orders acknowledged", i,
                        strikes, what, cut ? ", then a power cut" : "", by_now, shop.totals().unavailable,
                        shop.totals().acknowledged));
        if (!shop.result().passed()) break;
    }
    failed += disk.counts().failed;
    shop.close();
    DrillResult& result = shop.result();
    if (shop.totals().unavailable == 0) result.fails("no shopper ever felt the disk: the drill does not bite");
    result.figure("strikes", fmt::format("{}, and {} power cuts", strikes, cuts));
    result.figure("calls that failed", grouped(failed));
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
