#include "drills/kill_drill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/random.hpp"
#include "base/time.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint32_t kKills = 200;
constexpr std::uint32_t kShoppers = 300;
constexpr milliseconds kArrive{1200};
// A kill comes at any moment from shortly before the first shopper until after the last has paid.
constexpr std::int64_t kSpreadMs = 1900;
constexpr std::uint64_t kAgainOneIn = 4;  // of the kills are followed by one during the start
constexpr std::uint64_t kStartSpreadMs = 250;

}  // namespace

DrillResult drill_kill(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-kill", options.keep};
    const std::uint32_t kills = options.count > 0 ? options.count : kKills;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    DrillShop shop{options, say, directory, {.name = "kill"}};
    shop.open(static_cast<std::int64_t>(kills) * shoppers);
    SeededRandom random{options.seed};
    std::uint32_t again = 0;
    std::vector<double> down_s;
    const auto begun = steady_clock::now();
    for (std::uint32_t kill = 1; kill <= kills; ++kill) {
        shop.send_crowd({.shoppers = shoppers, .arrive = kArrive, .line = kill % 2 == 0, .seed = random.u64()});
        const milliseconds after{200 + static_cast<std::int64_t>(random.below(kSpreadMs))};
        pause(after);
        const auto killed = steady_clock::now();
        shop.process().kill();
        if (random.below(kAgainOneIn) == 0) {
            shop.process().launch();
            pause(milliseconds{static_cast<std::int64_t>(random.below(kStartSpreadMs))});
            shop.process().kill();
            ++again;
        }
        shop.process().start();
        down_s.push_back(duration<double>(steady_clock::now() - killed).count());
        shop.crowd_leaves();
        const double audit_s = shop.audit(fmt::format("after kill {}", kill));
        say(fmt::format(
            "kill {} of {}: after {:.2f} s, back in {:.2f} s, {} orders acknowledged so far, audited in "
            "{:.2f} s",
            kill, kills, duration<double>(after).count(), down_s.back(), shop.totals().acknowledged, audit_s));
        if (!shop.result().passed()) break;
    }
    const double each_s = duration<double>(steady_clock::now() - begun).count() / static_cast<double>(down_s.size());
    shop.close();
    std::ranges::sort(down_s);
    DrillResult& result = shop.result();
    result.figure("kills", fmt::format("{}, and {} during a start", down_s.size(), again));
    shop.tell_figures();
    result.figure("back after",
                  fmt::format("median {:.2f} s, longest {:.2f} s", down_s[down_s.size() / 2], down_s.back()));
    result.figure("a kill with its audit takes", fmt::format("{:.1f} s", each_s));
    return result;
}

}  // namespace marketday::drills
