#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <sstream>
#include <stdexcept>

#include "base/random.hpp"
#include "base/time.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kCrowds = 6;
constexpr std::uint32_t kShoppers = 500;

/// LeakSanitizer works on any program that allocates through the C library.
fs::path library_of_leaks() {
    for (const char* place : {"/usr/lib/x86_64-linux-gnu/liblsan.so.0", "/usr/lib/aarch64-linux-gnu/liblsan.so.0",
                              "/usr/lib64/liblsan.so.0", "/usr/lib/liblsan.so.0"})
        if (fs::exists(place)) return place;
    throw std::runtime_error("this drill needs LeakSanitizer: install the package liblsan0");
}

/// What LeakSanitizer wrote: its first stack, and the sum.
std::string first_leak(const std::string& log) {
    const auto begin = log.find("ERROR: LeakSanitizer");
    if (begin == std::string::npos) return {};
    std::istringstream lines{log.substr(begin)};
    std::string text;
    std::string line;
    for (int i = 0; i < 14 && std::getline(lines, line); ++i) text += line + "; ";
    const auto sum = log.find("SUMMARY: ", begin);
    return sum == std::string::npos ? text : log.substr(sum, log.find('\n', sum) - sum) + "; " + text;
}

}  // namespace

DrillResult drill_leaks(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-leaks", options.keep};
    const std::uint32_t crowds = options.count > 0 ? options.count : kCrowds;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    const Surroundings watched{{fmt::format("LD_PRELOAD={}", library_of_leaks().string()), "LSAN_OPTIONS=exitcode=23"},
                               nullptr};
    DrillShop shop{options, say, directory, {.name = "leaks", .surroundings = watched}};
    shop.open(static_cast<std::int64_t>(crowds) * shoppers);
    SeededRandom random{options.seed};
    for (std::uint32_t i = 1; i <= crowds; ++i) {
        shop.send_crowd({.shoppers = shoppers, .line = i % 2 == 0, .seed = random.u64(), .silent_payments_percent = 5});
        shop.crowd_leaves();
        say(fmt::format("crowd {} of {}: {} orders acknowledged so far", i, crowds, shop.totals().acknowledged));
    }
    shop.close();
    DrillResult& result = shop.result();
    if (const std::string leak = first_leak(text_of(directory.path() / "server.log")); !leak.empty())
        result.fails(leak);
    result.figure("crowds", fmt::format("{}, then SIGTERM", crowds));
    result.figure("leaks", result.passed() ? "none" : "see above");
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
