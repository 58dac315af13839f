#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "base/random.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/load_drills.hpp"
#include "drills/slow_clients.hpp"

namespace marketday::drills {
namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint32_t kRounds = 5;
constexpr std::uint32_t kShoppers = 6000;
constexpr std::size_t kConnections = 5000;
constexpr double kGoodputAtLeast = 0.8;  // of that without them
constexpr double kOperatorWithinMs = 1000;
constexpr std::chrono::seconds kUntilConnected{30};

double median(std::vector<double> values) {
    std::ranges::sort(values);
    return values[values.size() / 2];
}

double crowd_goodput(DrillShop& shop, std::uint32_t shoppers, std::uint64_t seed) {
    shop.send_crowd({.shoppers = shoppers, .arrive = std::chrono::milliseconds{1000}, .seed = seed, .pay = false});
    shop.crowd_leaves();
    return shop.last_goodput();
}

/// How long an operator waits for an answer now, ms.
double ask_as_operator(DrillShop& shop) {
    const auto begun = steady_clock::now();
    shop.process().operate("GET", "/admin/v1/sales", "");
    return duration<double, std::milli>(steady_clock::now() - begun).count();
}

void wait_until_connected(const SlowClients& clients) {
    const auto end = steady_clock::now() + kUntilConnected;
    while (clients.figures().connected < static_cast<std::int64_t>(kConnections * 9 / 10)) {
        if (steady_clock::now() > end) throw std::runtime_error("the slow clients could not connect");
        pause(std::chrono::milliseconds{100});
    }
}

}  // namespace

DrillResult drill_slowloris(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-slowloris", options.keep};
    const std::uint32_t rounds = options.count > 0 ? options.count : kRounds;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    DrillShop shop{options, say, directory, {.name = "slowloris"}};
    shop.open(static_cast<std::int64_t>(rounds + 1) * 2 * shoppers);
    SeededRandom random{options.seed};
    crowd_goodput(shop, shoppers, random.u64());  // warms up
    std::vector<double> without;
    std::vector<double> with;
    std::int64_t held = 0;
    std::int64_t thrown_out = 0;
    double operator_ms = 0;
    // Turn and turn about, so that whatever else the machine does meets both.
    for (std::uint32_t i = 1; i <= rounds; ++i) {
        without.push_back(crowd_goodput(shop, shoppers, random.u64()));
        const SlowClients clients{shop.process().shop_url(), kConnections, directory.path() / "slow-clients"};
        wait_until_connected(clients);
        with.push_back(crowd_goodput(shop, shoppers, random.u64()));
        operator_ms = std::max(operator_ms, ask_as_operator(shop));
        held = held == 0 ? clients.figures().connected : std::min(held, clients.figures().connected);
        thrown_out += clients.figures().thrown_out;
        say(fmt::format("round {} of {}: {:.0f} orders/s without, {:.0f} with {} slow connections", i, rounds,
                        without.back(), with.back(), clients.figures().connected));
    }
    shop.close();
    DrillResult& result = shop.result();
    const double kept = median(with) / median(without);
    if (kept < kGoodputAtLeast)
        result.fails(
            fmt::format("with slow clients only {:.0f} orders/s were taken of {:.0f}", median(with), median(without)));
    if (held < static_cast<std::int64_t>(kConnections / 2))
        result.fails(fmt::format("only {} slow connections were held: nothing was tried", held));
    if (operator_ms > kOperatorWithinMs) result.fails(fmt::format("an operator waited {:.0f} ms", operator_ms));
    result.figure("goodput kept", fmt::format("{:.0f} % (median of {} rounds)", 100 * kept, rounds));
    result.figure("orders/s", fmt::format("{:.0f} without, {:.0f} with", median(without), median(with)));
    result.figure("slow connections",
                  fmt::format("{} asked for, at least {} held, thrown out {} times", kConnections, held, thrown_out));
    result.figure("operator answered within", fmt::format("{:.0f} ms", operator_ms));
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
