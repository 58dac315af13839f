#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <vector>

#include "base/random.hpp"
#include "base/time.hpp"
#include "crowd/target.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;
using std::chrono::duration;
using std::chrono::steady_clock;

constexpr std::uint32_t kStrikes = 20;
constexpr std::uint32_t kShoppers = 150;
constexpr rlim_t kDescriptors = 400;
constexpr std::size_t kStrangers = 800;
constexpr double kOperatorWithinS = 1.0;

/// Connections that say nothing and are held.
class Strangers {
public:
    Strangers(const std::string& url, std::size_t count) {
        const auto target = crowd::Target::parse(url);
        if (!target) throw std::runtime_error(target.error().message);
        for (std::size_t i = 0; i < count; ++i) {
            const int fd = ::socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            if (fd < 0) break;
            held_.push_back(fd);
            (void)::connect(fd, reinterpret_cast<const sockaddr*>(&target->address), target->address_bytes);
        }
    }
    ~Strangers() {
        for (const int fd : held_) ::close(fd);
    }
    Strangers(const Strangers&) = delete;
    Strangers& operator=(const Strangers&) = delete;

private:
    std::vector<int> held_;
};

void limit_descriptors(pid_t pid, rlim_t most) {
    const rlimit limit{most, kDescriptors};
    if (::prlimit(pid, RLIMIT_NOFILE, &limit, nullptr) != 0)
        throw std::runtime_error("cannot limit the shop's descriptors");
}

rlim_t open_descriptors(pid_t pid) {
    const fs::directory_iterator all{fmt::format("/proc/{}/fd", pid)};
    return static_cast<rlim_t>(std::distance(begin(all), end(all)));
}

/// How long an operator waits for an answer now.
double ask_as_operator(DrillShop& shop) {
    const auto begun = steady_clock::now();
    shop.process().operate("GET", "/admin/v1/sales", "");
    return duration<double>(steady_clock::now() - begun).count();
}

}  // namespace

DrillResult drill_descriptors(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    TemporaryDirectory directory{"drill-descriptors", options.keep};
    const std::uint32_t strikes = options.count > 0 ? options.count : kStrikes;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    const auto few = [] {
        const rlimit limit{kDescriptors, kDescriptors};
        ::setrlimit(RLIMIT_NOFILE, &limit);
    };
    DrillShop shop{options, say, directory, {.name = "descriptors", .surroundings = {{}, few}}};
    shop.open(static_cast<std::int64_t>(strikes) * shoppers);
    SeededRandom random{options.seed};
    double operator_s = 0;
    for (std::uint32_t i = 1; i <= strikes; ++i) {
        const bool none_at_all = i % 2 == 0;
        shop.send_crowd({.shoppers = shoppers, .line = i / 2 % 2 == 0, .seed = random.u64()});
        const Strangers strangers{shop.process().shop_url(), kStrangers};
        pause(milliseconds{400});
        if (none_at_all) {
            limit_descriptors(shop.process().pid(), open_descriptors(shop.process().pid()));
            pause(milliseconds{300 + static_cast<std::int64_t>(random.below(1500))});
            limit_descriptors(shop.process().pid(), kDescriptors);
        }
        operator_s = std::max(operator_s, ask_as_operator(shop));
        shop.crowd_leaves();
        shop.audit(fmt::format("after strike {}", i));
        say(fmt::format("strike {} of {}: {} silent connections{}; {} orders acknowledged so far", i, strikes,
                        kStrangers, none_at_all ? ", and no descriptor at all for a while" : "",
                        shop.totals().acknowledged));
        if (!shop.result().passed()) break;
    }
    shop.close();
    DrillResult& result = shop.result();
    if (operator_s > kOperatorWithinS) result.fails(fmt::format("an operator waited {:.2f} s", operator_s));
    result.figure("strikes",
                  fmt::format("{}, with {} silent connections for {} descriptors", strikes, kStrangers, kDescriptors));
    shop.tell_figures();
    result.figure("operator answered within", fmt::format("{:.0f} ms", operator_s * 1000));
    return result;
}

}  // namespace marketday::drills
