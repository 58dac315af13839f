#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

#include "base/random.hpp"
#include "base/time.hpp"
#include "drills/drill_shop.hpp"
#include "drills/interrupt.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kStrikes = 20;
constexpr std::uint32_t kShoppers = 300;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kRoomBytesMax = 6ULL << 20;

struct Pages {
    std::uint64_t virtual_pages = 0;
    std::uint64_t resident_pages = 0;
};

Pages pages_of(pid_t pid) {
    Pages pages;
    std::ifstream file{fmt::format("/proc/{}/statm", pid)};
    file >> pages.virtual_pages >> pages.resident_pages;
    return pages;
}

/// A memory cgroup (v1) of our own; nothing where there is none to be had.
class MemoryGroup {
public:
    MemoryGroup() : path_(fmt::format("/sys/fs/cgroup/memory/marketday-drill-{}", ::getpid())) {
        std::error_code error;
        there_ = fs::exists("/sys/fs/cgroup/memory/memory.limit_in_bytes", error) && fs::create_directory(path_, error);
    }
    ~MemoryGroup() {
        if (there_) ::rmdir(path_.c_str());
    }
    MemoryGroup(const MemoryGroup&) = delete;
    MemoryGroup& operator=(const MemoryGroup&) = delete;
    bool there() const { return there_; }
    void add(pid_t pid) const { write("cgroup.procs", std::to_string(pid)); }
    void limit(const std::string& bytes) const { write("memory.limit_in_bytes", bytes); }
    std::uint64_t used() const {
        std::uint64_t bytes = 0;
        std::ifstream{path_ / "memory.usage_in_bytes"} >> bytes;
        return bytes;
    }

private:
    void write(const char* file, const std::string& text) const { std::ofstream{path_ / file} << text << std::endl; }
    fs::path path_;
    bool there_ = false;
};

void limit_address_space(pid_t pid, rlim_t bytes) {
    const rlimit limit{bytes, RLIM_INFINITY};
    if (::prlimit(pid, RLIMIT_AS, &limit, nullptr) != 0) throw std::runtime_error("cannot limit the shop's memory");
}

}  // namespace

DrillResult drill_memory(const DrillOptions& options, const Say& say) {
    const InterruptGuard interrupt;
    const MemoryGroup group;
    TemporaryDirectory directory{"drill-memory", options.keep};
    const std::uint32_t strikes = options.count > 0 ? options.count : kStrikes;
    const std::uint32_t shoppers = options.shoppers > 0 ? options.shoppers : kShoppers;
    DrillShop shop{options, say, directory, {.name = "memory"}};
    shop.open(static_cast<std::int64_t>(strikes) * shoppers);
    SeededRandom random{options.seed};
    std::uint32_t ended = 0;
    std::uint32_t killed = 0;
    for (std::uint32_t i = 1; i <= strikes; ++i) {
        const bool by_kernel = i % 2 == 0 && group.there();
        const std::uint64_t room = random.below(kRoomBytesMax);
        shop.send_crowd({.shoppers = shoppers, .line = i / 2 % 2 == 0, .seed = random.u64()});
        pause(milliseconds{400 + static_cast<std::int64_t>(random.below(700))});
        const pid_t pid = shop.process().pid();
        if (by_kernel) {
            // What it has so far is counted elsewhere: what it takes from now on has so much room.
            group.add(pid);
            group.limit(std::to_string(group.used() + room / 8));
        } else {
            limit_address_space(pid, pages_of(pid).virtual_pages * kPageBytes + room / 64);
        }
        pause(milliseconds{300 + static_cast<std::int64_t>(random.below(900))});
        if (shop.process().ended()) {
            ++(by_kernel ? killed : ended);
            shop.process().kill();
            group.limit("-1");
            shop.process().start();
        } else {
            group.limit("-1");
            if (!by_kernel) limit_address_space(pid, RLIM_INFINITY);
        }
        shop.crowd_leaves();
        shop.audit(fmt::format("after strike {}", i));
        say(fmt::format(
            "strike {} of {}: {} with {} KiB left; ended by itself {} times, by the kernel {} times; {} orders "
            "acknowledged so far",
            i, strikes, by_kernel ? "memory cgroup" : "failing allocations", room / (by_kernel ? 8 : 64) / 1024, ended,
            killed, shop.totals().acknowledged));
        if (!shop.result().passed()) break;
    }
    shop.close();
    DrillResult& result = shop.result();
    result.figure("strikes", fmt::format("{}{}", strikes,
                                         group.there() ? "" : ", without memory cgroups, which this machine has not"));
    result.figure("ended and started again", fmt::format("{} out of memory, {} by the kernel", ended, killed));
    shop.tell_figures();
    return result;
}

}  // namespace marketday::drills
