#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>

#include "base/random.hpp"
#include "base/time.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

constexpr std::uint32_t kFreezes = 4;
constexpr std::uint32_t kShoppers = 300;
constexpr seconds kFrozen{30};

}  // namespace

DrillResult drill_freeze(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-freeze", options.keep};
    const std::uint32_t freezes = options.count > 0 ? options.count : kFreezes;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    const seconds frozen = options.lasts.count() > 0 ? options.lasts : kFrozen;
    // A hold outlives the time that the shop stands still: whoever was about to pay still can.
    DrillShop shop{options, say, directory, {.name = "freeze", .hold = frozen + seconds{15}}};
    shop.open(static_cast<std::int64_t>(freezes) * shoppers);
    SeededRandom random{options.seed};
    for (std::uint32_t i = 1; i <= freezes; ++i) {
        const bool patient = i % 2 == 1;
        shop.send_crowd({.shoppers = shoppers,
                         .line = i / 2 % 2 == 0,
                         .seed = random.u64(),
                         .retry_for = frozen + seconds{30},
                         .patience = frozen + seconds{60},
                         .request_timeout = patient ? frozen + seconds{30} : std::max(frozen / 6, seconds{1})});
        pause(milliseconds{500 + static_cast<std::int64_t>(random.below(1000))});
        shop.process().signal(SIGSTOP);
        pause(frozen);
        shop.process().signal(SIGCONT);
        shop.process().check_running();
        shop.crowd_leaves();
        shop.audit(fmt::format("after freeze {}", i));
        say(fmt::format("freeze {} of {}: {} s, {} shoppers; {} orders acknowledged so far, {} tries repeated", i,
                        freezes, frozen.count(), patient ? "patient" : "impatient", shop.totals().acknowledged,
                        shop.totals().retries));
        if (!shop.result().passed()) break;
    }
    shop.close();
    DrillResult& result = shop.result();
    result.figure("freezes", fmt::format("{} of {} s", freezes, frozen.count()));
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
