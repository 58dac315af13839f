#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/report.hpp"
#include "base/time.hpp"
#include "crowd/crowd.hpp"
#include "crowd/json_view.hpp"
#include "drills/cores.hpp"
#include "drills/drill_shop.hpp"
#include "drills/faulty_disk.hpp"
#include "drills/interrupt.hpp"
#include "drills/load_drills.hpp"
#include "drills/planned_sale.hpp"
#include "drills/plot.hpp"

namespace marketday::drills {
namespace {

using audit::grouped;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::array kPercents{10, 25, 50, 75, 100, 125, 150, 200};
constexpr std::array kPercentsSlow{50, 100, 200, 400};
constexpr seconds kEach{10};
constexpr std::chrono::microseconds kSlowSync{10'000};
constexpr std::uint32_t kConnectionsClosed = 512;
// A shopper takes a connection of their own for as long as they are not answered; whoever finds none goes away, as from
// a shop whose connections are all taken, and is no goodput.
constexpr std::uint32_t kConnectionsOpen = 8'000;
constexpr std::uint32_t kCustomers = 20'000;
constexpr std::int64_t kUnits = 50'000'000;
constexpr double kGoodputAtLeast = 0.8;  // of the peak
constexpr double kP99WithinMs = 250;
constexpr double kOperatorWithinMs = 100;
constexpr milliseconds kAskOperatorEvery{20};
constexpr int kShopCore = 0;
constexpr int kCrowdCore = 1;

/// What one rate gave.
struct Rate {
    int percent = 0;
    double offered_per_s = 0;
    double goodput_per_s = 0;
    double p50_ms = 0;
    double p99_ms = 0;       // of acknowledged orders
    double operator_ms = 0;  // the longest that an operator waited
    double operator_p99_ms = 0;
    std::int64_t refused = 0;
    std::int64_t without_connection = 0;  // of those
};

double number_of(crowd::JsonView value) { return value.absent() ? 0 : std::stod(std::string{value.raw()}); }

/// A shop on one core of its own and orders for one product, on a disk of choice.
class Overload {
public:
    Overload(const DrillOptions& options, const Say& say, const std::filesystem::path& directory,
             const std::filesystem::path& data)
        : options_(options),
          say_(say),
          directory_(directory),
          shop_({data, directory / "server.log", {}, on_its_core(), options.program}) {
        shop_.start();
        sale_ = plan_sale(shop_, {"drill-rush", kUnits, to_unix_ms(SystemClock{}.wall_now()) + 500, 39'000, kUnits});
        wait_until_open(shop_, sale_);
    }

    ShopProcess& shop() { return shop_; }

    /// As many orders as it takes when each connection sends its next at once.
    double measure_capacity(seconds lasts) {
        const double per_s = send(0, lasts).goodput_per_s;
        if (per_s <= 0) throw std::runtime_error("the shop takes no orders at all");
        return per_s;
    }
    Rate measure(int percent, double capacity_per_s, seconds lasts) {
        Rate rate = send(capacity_per_s * percent / 100, lasts);
        rate.percent = percent;
        say_(fmt::format(
            "  {:>3} %: offered {:>7.0f}/s, taken {:>7.0f}/s, p50 {:>6.1f} ms, p99 {:>6.1f} ms, refused {:>8}, of them "
            "{:>8} without a connection, operator {:>5.1f} ms at most",
            percent, rate.offered_per_s, rate.goodput_per_s, rate.p50_ms, rate.p99_ms, grouped(rate.refused),
            grouped(rate.without_connection), rate.operator_ms));
        return rate;
    }

private:
    static Surroundings on_its_core() {
        return {{}, [] { stay_on_core(kShopCore); }};
    }

    /// Orders at a rate, or in a closed loop at rate 0.
    Rate send(double per_s, seconds lasts) {
        const std::filesystem::path report = directory_ / fmt::format("rate-{}", rates_++);
        crowd::Options crowd;
        crowd.url = shop_.shop_url();
        crowd.mode = crowd::Mode::steady;
        crowd.seed = options_.seed;
        crowd.sale = sale_;
        crowd.orders_per_second = per_s;
        crowd.duration_us = std::chrono::microseconds{lasts}.count();
        crowd.connections = per_s > 0 ? kConnectionsOpen : kConnectionsClosed;
        crowd.leave_when_full = true;
        crowd.prepare = kCustomers;
        crowd.data_dir = shop_.data().string();
        crowd.report_dir = report.string();
        crowd.verify = 0;
        crowd.retry_for_us = 0;  // who is refused goes away: what is offered stays what it is
        crowd.display = crowd::Options::Display::none;
        Child shoppers = Child::run([&crowd] {
            stay_on_core(kCrowdCore);
            const auto seen = crowd::run(crowd, [](const std::string&) {});
            if (!seen) throw std::runtime_error(seen.error().message);
            return seen->exit_code();
        });
        std::vector<double> waits_ms;
        while (!shoppers.ended()) {
            const auto begun = steady_clock::now();
            shop_.operate("GET", "/admin/v1/sales", "");
            waits_ms.push_back(duration<double, std::milli>(steady_clock::now() - begun).count());
            pause(kAskOperatorEvery);
        }
        if (*shoppers.ended() == 3) throw std::runtime_error("the crowd saw a contradiction; see its report");
        return read(report, per_s, waits_ms);
    }

    static Rate read(const std::filesystem::path& report, double per_s, std::vector<double>& waits_ms) {
        const std::string text = text_of(report / "summary.json");
        const crowd::JsonView summary{text};
        if (summary.absent()) throw std::runtime_error("the crowd left no summary; its own message stands above");
        std::ranges::sort(waits_ms);
        Rate rate;
        rate.offered_per_s = per_s;
        rate.goodput_per_s = number_of(summary["goodput_orders_per_s"]);
        rate.p50_ms = number_of(summary["acknowledged_latency_ms"]["p50"]);
        rate.p99_ms = number_of(summary["acknowledged_latency_ms"]["p99"]);
        rate.refused = summary["orders"]["refused"].integer_or(0);
        rate.without_connection = summary["reasons"]["no-connection"].integer_or(0);
        rate.operator_ms = waits_ms.back();
        rate.operator_p99_ms = waits_ms[waits_ms.size() * 99 / 100];
        return rate;
    }

    const DrillOptions& options_;
    const Say& say_;
    std::filesystem::path directory_;
    ShopProcess shop_;
    std::string sale_;
    int rates_ = 0;
};

void judge(const std::string& name, const std::vector<Rate>& rates, DrillResult& result) {
    double peak = 0;
    for (const Rate& rate : rates) peak = std::max(peak, rate.goodput_per_s);
    double operator_ms = 0;
    for (const Rate& rate : rates) {
        operator_ms = std::max(operator_ms, rate.operator_ms);
        if (rate.percent >= 100 && rate.goodput_per_s < kGoodputAtLeast * peak)
            result.fails(fmt::format("{}: at {} % only {:.0f} orders/s were taken of {:.0f} at best", name,
                                     rate.percent, rate.goodput_per_s, peak));
        if (rate.p99_ms > kP99WithinMs)
            result.fails(
                fmt::format("{}: at {} % the p99 of those taken was {:.0f} ms", name, rate.percent, rate.p99_ms));
        if (rate.operator_ms > kOperatorWithinMs)
            result.fails(fmt::format("{}: at {} % an operator waited {:.0f} ms", name, rate.percent, rate.operator_ms));
    }
    const Rate& worst = rates.back();
    result.figure(name + ": at best", fmt::format("{:.0f} orders/s", peak));
    result.figure(fmt::format("{}: at {} %", name, worst.percent),
                  fmt::format("{:.0f} orders/s, {:.0f} % of that; p99 of those taken {:.0f} ms", worst.goodput_per_s,
                              100 * worst.goodput_per_s / peak, worst.p99_ms));
    result.figure(fmt::format("{}: turned away at {} %", name, worst.percent),
                  fmt::format("{}, of them {} for want of a connection", grouped(worst.refused),
                              grouped(worst.without_connection)));
    result.figure(name + ": operator waited", fmt::format("{:.0f} ms at most", operator_ms));
}

void add_charts(const std::string& name, const std::vector<Rate>& rates, std::vector<Chart>& charts) {
    Chart goodput{name + ": orders taken", "orders/s", "offered, % of capacity", {{"taken", {}}, {"offered", {}}}};
    Chart latency{name + ": waiting",
                  "ms",
                  "offered, % of capacity",
                  {{"p99 of those taken", {}}, {"operator, longest", {}}},
                  kP99WithinMs};
    for (const Rate& rate : rates) {
        goodput.lines[0].points.emplace_back(rate.percent, rate.goodput_per_s);
        goodput.lines[1].points.emplace_back(rate.percent, rate.offered_per_s);
        latency.lines[0].points.emplace_back(rate.percent, rate.p99_ms);
        latency.lines[1].points.emplace_back(rate.percent, rate.operator_ms);
    }
    charts.push_back(std::move(goodput));
    charts.push_back(std::move(latency));
}

}  // namespace

DrillResult drill_overload(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    if (cores_at_hand() < 2)
        throw std::runtime_error("this drill needs two processors: one for the shop, one for the crowd");
    // Whoever asks as an operator must not wait for the crowd on its core.
    (void)::setpriority(PRIO_PROCESS, 0, -5);
    const seconds each = options.lasts.count() > 0 ? options.lasts : kEach;
    TemporaryDirectory directory{"drill-overload", options.keep};
    DrillResult result;
    result.drill = "overload";
    result.seed = options.seed;
    std::vector<Chart> charts;
    {
        std::filesystem::create_directories(directory.path() / "plain");
        Overload load{options, say, directory.path() / "plain", directory.path() / "plain" / "shop"};
        const double capacity = load.measure_capacity(each);
        say(fmt::format("it takes {:.0f} orders/s in a closed loop", capacity));
        std::vector<Rate> rates;
        for (const int percent : kPercents) rates.push_back(load.measure(percent, capacity, each));
        judge("as it is", rates, result);
        add_charts("as it is", rates, charts);
    }
    {
        FaultyDisk disk{directory.path()};
        disk.slow_down(kSlowSync);
        Overload load{options, say, directory.path(), disk.path() / "shop"};
        const double capacity = load.measure_capacity(each);
        say(fmt::format("with a sync of {} ms it takes {:.0f} orders/s", kSlowSync.count() / 1000, capacity));
        std::vector<Rate> rates;
        for (const int percent : kPercentsSlow) rates.push_back(load.measure(percent, capacity, each));
        const std::string name = fmt::format("sync slowed by {} ms", kSlowSync.count() / 1000);
        judge(name, rates, result);
        add_charts(name, rates, charts);
    }
    if (!options.report_dir.empty())
        write_plot(options.report_dir / "overload.svg", "Offered more than it can take", charts);
    return result;
}

}  // namespace marketday::drills
