#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <vector>

#include "audit/audit.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "crowd/json_view.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr std::uint32_t kJumps = 20;
constexpr std::uint32_t kShoppers = 200;
constexpr seconds kHold{12};
constexpr std::int64_t kJumpSecondsMax = 6 * 3600;
// After its end a hold is let go by a job; so much later it must be over.
constexpr seconds kLetGoWithin{10};

fs::path library_of_faketime() {
    for (const char* place : {"/usr/lib/x86_64-linux-gnu/faketime", "/usr/lib/aarch64-linux-gnu/faketime",
                              "/usr/lib/faketime", "/usr/lib64/faketime"}) {
        const fs::path library = fs::path{place} / "libfaketimeMT.so.1";
        if (fs::exists(library)) return library;
    }
    throw std::runtime_error("this drill needs libfaketime: install the package libfaketime");
}

/// See clock/true_timers.cpp.
fs::path library_of_true_timers() {
    const fs::path library = fs::read_symlink("/proc/self/exe").parent_path() / "marketday-true-timers.so";
    if (!fs::exists(library))
        throw std::runtime_error(
            fmt::format("this drill needs {}: build the target marketday-true-timers", library.string()));
    return library;
}

/// The clock that the shop sees; the machine's own stays as it is.
class Clockwork {
public:
    explicit Clockwork(fs::path file) : file_(std::move(file)) { jump_to(0); }
    void jump_to(std::int64_t seconds_off) const {
        // Whole or not at all: it is read at every look at the clock.
        const fs::path fresh = file_.string() + ".new";
        std::ofstream{fresh} << fmt::format("{:+d}\n", seconds_off);
        fs::rename(fresh, file_);
    }
    Surroundings surroundings() const {
        return {{fmt::format("LD_PRELOAD={}:{}", library_of_true_timers().string(), library_of_faketime().string()),
                 fmt::format("FAKETIME_TIMESTAMP_FILE={}", file_.string()), "FAKETIME_NO_CACHE=1",
                 "FAKETIME_DONT_FAKE_MONOTONIC=1", "DONT_FAKE_MONOTONIC=1"},
                nullptr};
    }

private:
    fs::path file_;
};

std::int64_t held(DrillShop& shop) {
    const auto standing = audit::look(shop.process().database());
    return standing ? standing->reserved : -1;
}

/// Orders that were acknowledged before another one was asked for, and yet have the later id.
std::int64_t ids_out_of_order(const std::vector<fs::path>& histories) {
    struct Order {
        std::int64_t start_us;
        std::int64_t end_us;
        std::string id;
    };
    std::vector<Order> orders;
    for (const fs::path& history : histories) {
        std::ifstream lines{history};
        for (std::string line; std::getline(lines, line);) {
            const crowd::JsonView view{line};
            // A retried order may have been taken long before its answer came.
            if (view["op"].bare() != "order" || view["order"].absent() || view["attempts"].integer_or(1) != 1) continue;
            orders.push_back({view["start_us"].integer_or(0), view["end_us"].integer_or(0), view["order"].text()});
        }
    }
    std::ranges::sort(orders, {}, &Order::start_us);
    std::vector<const Order*> by_end;
    for (const Order& order : orders) by_end.push_back(&order);
    std::ranges::sort(by_end, {}, [](const Order* order) { return order->end_us; });
    std::string latest;
    std::size_t ended = 0;
    std::int64_t wrong = 0;
    for (const Order& order : orders) {
        for (; ended < by_end.size() && by_end[ended]->end_us < order.start_us; ++ended)
            latest = std::max(latest, by_end[ended]->id);
        if (order.id < latest) ++wrong;
    }
    return wrong;
}

/// Orders that nobody pays keep their units through a jump ahead, and give them back in time after a jump back.
void check_holds(DrillShop& shop, const Clockwork& clock, std::uint32_t shoppers, SeededRandom& random) {
    const std::int64_t before = held(shop);
    shop.send_crowd({.shoppers = shoppers, .seed = random.u64(), .pay = false});
    shop.crowd_leaves();
    const auto ordered = steady_clock::now();
    clock.jump_to(kJumpSecondsMax);
    pause(kHold / 3);
    const std::int64_t kept = held(shop) - before;
    if (kept != shoppers)
        shop.result().fails(fmt::format(
            "{} of {} holds were left a third of their time after the clock had jumped ahead", kept, shoppers));
    clock.jump_to(-kJumpSecondsMax);
    while (steady_clock::now() - ordered < kHold + kLetGoWithin && held(shop) > before) pause(milliseconds{100});
    if (const std::int64_t left = held(shop) - before; left > 0)
        shop.result().fails(fmt::format("{} holds live on after the clock had jumped back", left));
    clock.jump_to(0);
}

}  // namespace

DrillResult drill_clock(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-clock", options.keep};
    const Clockwork clock{directory.path() / "clock"};
    const std::uint32_t jumps = options.count > 0 ? options.count : kJumps;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    DrillShop shop{options, say, directory, {.name = "clock", .surroundings = clock.surroundings(), .hold = kHold}};
    shop.open(static_cast<std::int64_t>(jumps + 1) * shoppers);
    SeededRandom random{options.seed};
    for (std::uint32_t i = 1; i <= jumps && shop.result().passed(); ++i) {
        shop.send_crowd({.shoppers = shoppers, .line = i % 2 == 0, .seed = random.u64()});
        pause(milliseconds{300 + static_cast<std::int64_t>(random.below(500))});
        const auto ahead = static_cast<std::int64_t>(random.below(kJumpSecondsMax));
        const auto back = static_cast<std::int64_t>(random.below(kJumpSecondsMax));
        clock.jump_to(ahead);
        pause(milliseconds{static_cast<std::int64_t>(random.below(500))});
        clock.jump_to(-back);
        pause(milliseconds{static_cast<std::int64_t>(random.below(500))});
        clock.jump_to(0);
        shop.crowd_leaves();
        shop.audit(fmt::format("after jump {}", i));
        say(fmt::format("jump {} of {}: {} s ahead, {} s back; {} orders acknowledged so far", i, jumps, ahead, back,
                        shop.totals().acknowledged));
    }
    check_holds(shop, clock, shoppers, random);
    const std::int64_t wrong = ids_out_of_order(shop.histories());
    if (wrong > 0) shop.result().fails(fmt::format("{} orders have ids earlier than orders before them", wrong));
    shop.close();
    DrillResult& result = shop.result();
    result.figure("jumps", fmt::format("{}, up to {} h ahead and back", jumps, kJumpSecondsMax / 3600));
    result.figure("ids out of order", fmt::format("{}", wrong));
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
