#include <dirent.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "audit/report.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "crowd/json_view.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/load_drills.hpp"
#include "drills/plot.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;
using audit::grouped;
using std::chrono::duration;
using std::chrono::steady_clock;
using Points = std::vector<std::pair<double, double>>;

constexpr seconds kLasts{1800};
constexpr std::uint32_t kBurst = 4000;  // shoppers at once, to see what it can take
constexpr seconds kCrowd{20};           // a crowd after the other, each so long
constexpr milliseconds kSampleEvery{500};
constexpr double kWarmUp = 0.3;  // of the time: caches fill
// Every shopper is somebody new, so sessions fill their cache: one that is full after the warm-up shows what else
// grows.
constexpr int kSessionsMib = 4;
// What counts as flat over the rest of the time, by a robust slope.
constexpr double kMemoryGrowthMibMax = 24;
constexpr double kDescriptorsGrowthMax = 16;
constexpr double kThreadsGrowthMax = 0.5;
constexpr double kLogMibMax = 256;
constexpr double kLatencyGrowthMsMax = 50;
constexpr double kMib = 1024.0 * 1024.0;

std::int64_t resident_bytes(pid_t pid) {
    std::int64_t all = 0;
    std::int64_t resident = 0;
    std::ifstream{fmt::format("/proc/{}/statm", pid)} >> all >> resident;
    return resident * 4096;
}

std::int64_t entries_of(const fs::path& directory) {
    std::error_code error;
    const fs::directory_iterator all{directory, error};
    return error ? 0 : std::distance(begin(all), end(all));
}

/// What the process took, over time.
struct Samples {
    Points memory_mib;
    Points descriptors;
    Points threads;
    Points log_mib;
    Points p50_ms;  // of a crowd's orders
    Points p99_ms;

    void take(const ShopProcess& shop, double at_s) {
        std::error_code none;
        const fs::path process = fmt::format("/proc/{}", shop.pid());
        memory_mib.emplace_back(at_s, static_cast<double>(resident_bytes(shop.pid())) / kMib);
        // Connections come and go with the crowd; what stays is what is counted when nobody is there.
        descriptors.emplace_back(at_s, static_cast<double>(entries_of(process / "fd")));
        threads.emplace_back(at_s, static_cast<double>(entries_of(process / "task")));
        const auto log = fs::file_size(shop.database().string() + "-wal", none);
        log_mib.emplace_back(at_s, none ? 0 : static_cast<double>(log) / kMib);
    }
};

/// By how much it grew after the warm-up.
double growth_of(const Points& points) {
    const Points settled(points.begin() + static_cast<std::ptrdiff_t>(static_cast<double>(points.size()) * kWarmUp),
                         points.end());
    if (settled.size() < 2) return 0;
    return robust_slope(settled) * (settled.back().first - settled.front().first);
}

double largest_of(const Points& points) {
    double largest = 0;
    for (const auto& [at, value] : points) largest = std::max(largest, value);
    return largest;
}

void judge(const Samples& samples, DrillResult& result) {
    const auto flat = [&result](const std::string& what, const std::string& unit, const Points& points, double most) {
        const double growth = growth_of(points);
        if (growth > most)
            result.fails(fmt::format("{} grew by {:.1f} {} after the warm-up; flat is at most {:.1f}", what, growth,
                                     unit, most));
        result.figure(
            what, fmt::format("{:.1f} {} at most, grew by {:.2f} after the warm-up", largest_of(points), unit, growth));
    };
    flat("memory", "MiB", samples.memory_mib, kMemoryGrowthMibMax);
    flat("descriptors", "", samples.descriptors, kDescriptorsGrowthMax);
    flat("threads", "", samples.threads, kThreadsGrowthMax);
    flat("order p50", "ms", samples.p50_ms, kLatencyGrowthMsMax);
    if (const double log = largest_of(samples.log_mib); log > kLogMibMax)
        result.fails(fmt::format("the log grew to {:.0f} MiB", log));
    result.figure("write-ahead log", fmt::format("{:.0f} MiB at most", largest_of(samples.log_mib)));
    result.figure("order p99", fmt::format("{:.0f} ms in the worst crowd", largest_of(samples.p99_ms)));
}

}  // namespace

DrillResult drill_soak(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    const seconds lasts = options.lasts.count() > 0 ? options.lasts : kLasts;
    TemporaryDirectory directory{"drill-soak", options.keep};
    DrillShop shop{
        options, say, directory, {.name = "soak", .settings = {fmt::format("cache.sessions_mib={}", kSessionsMib)}}};
    shop.open(20'000'000);
    SeededRandom random{options.seed};
    shop.send_crowd({.shoppers = kBurst, .arrive = milliseconds{500}, .seed = random.u64()});
    shop.crowd_leaves();
    const double peak_per_s = shop.last_goodput();
    const double rate = options.shoppers > 0 ? options.shoppers : peak_per_s / 2;
    say(fmt::format("it takes {:.0f} shoppers/s; {:.0f}/s for {} s", peak_per_s, rate, lasts.count()));
    Samples samples;
    const auto begun = steady_clock::now();
    const auto elapsed_s = [begun] { return duration<double>(steady_clock::now() - begun).count(); };
    for (std::uint32_t crowd = 0; elapsed_s() < static_cast<double>(lasts.count()) && shop.result().passed(); ++crowd) {
        const seconds each = std::min(kCrowd, lasts);
        // The tickets of a sale go when it is closed: of a single one, all who ever came would be kept.
        const bool line = crowd % 2 == 1;
        if (line && crowd > 1) shop.renew_sale_with_line();
        shop.send_crowd({.shoppers = static_cast<std::uint32_t>(rate * static_cast<double>(each.count())) + 1,
                         .arrive = each,
                         .line = line,
                         .seed = random.u64()});
        while (shop.crowd_is_there()) {
            samples.take(shop.process(), elapsed_s());
            pause(kSampleEvery);
            shop.process().check_running();
        }
        shop.crowd_leaves();
        samples.p50_ms.emplace_back(elapsed_s(), shop.last_order_ms().first);
        samples.p99_ms.emplace_back(elapsed_s(), shop.last_order_ms().second);
        say(fmt::format(
            "{:>5.0f} s: {} orders acknowledged, {:.0f} MiB, {:.0f} descriptors, {:.0f} threads, log {:.0f} MiB, "
            "p50 {:.1f} ms, p99 {:.0f} ms",
            elapsed_s(), grouped(shop.totals().acknowledged), samples.memory_mib.back().second,
            samples.descriptors.back().second, samples.threads.back().second, samples.log_mib.back().second,
            samples.p50_ms.back().second, samples.p99_ms.back().second));
    }
    DrillResult& result = shop.result();
    // Crowds come one after the other, with accounts to make and orders to verify in between.
    const double took_s = elapsed_s();
    result.figure("lasted",
                  fmt::format("{:.0f} s; {:.0f} shoppers/s while a crowd comes, half of {:.0f}; {:.0f}/s on average",
                              took_s, rate, peak_per_s, static_cast<double>(shop.totals().shoppers) / took_s));
    judge(samples, result);
    shop.close();
    shop.tell_figures();
    if (!options.report_dir.empty()) {
        write_plot(options.report_dir / "soak.svg",
                   fmt::format("{:.0f} shoppers a second while a crowd comes, for {:.0f} minutes", rate, took_s / 60),
                   {{"Memory", "MiB resident", "s", {{"memory", samples.memory_mib}}},
                    {"Descriptors and threads",
                     "open",
                     "s",
                     {{"descriptors", samples.descriptors}, {"threads", samples.threads}}},
                    {"Write-ahead log", "MiB", "s", {{"log", samples.log_mib}}, kLogMibMax},
                    {"Orders", "ms", "s", {{"p99", samples.p99_ms}, {"p50", samples.p50_ms}}}});
    }
    return result;
}

}  // namespace marketday::drills
