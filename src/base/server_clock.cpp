#include "base/server_clock.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.hpp"

namespace marketday {
namespace {

// Often enough to follow, seldom enough to cost nothing.
constexpr std::int64_t kLookEveryMs = 100;

std::int64_t milliseconds_of(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

}  // namespace

ServerClock::ServerClock()
    : ServerClock({[] { return milliseconds_of(CLOCK_BOOTTIME); }, [] { return milliseconds_of(CLOCK_REALTIME); }}) {}

ServerClock::ServerClock(Machine machine) : machine_(std::move(machine)) {
    looked_ms_ = machine_.elapsed_ms();
    offset_ms_ = machine_.calendar_ms() - looked_ms_;
}

WallTime ServerClock::wall_now() const {
    const std::int64_t elapsed = machine_.elapsed_ms();
    if (elapsed - looked_ms_.load(std::memory_order_relaxed) >= kLookEveryMs) look(elapsed);
    return from_unix_ms(elapsed + offset_ms_.load(std::memory_order_relaxed));
}

void ServerClock::look(std::int64_t elapsed_ms) const {
    const std::unique_lock lock(looking_, std::try_to_lock);
    if (!lock) return;
    const std::int64_t passed = elapsed_ms - looked_ms_;
    if (passed < kLookEveryMs) return;
    looked_ms_ = elapsed_ms;
    const std::int64_t ahead = machine_.calendar_ms() - (elapsed_ms + offset_ms_);
    const bool jumped = std::abs(ahead) > kFollowedMax.count();
    if (jumped && jumped_ms_ == 0)
        log::error("clock.jumped", {{"machine_ahead_s", ahead / 1000},
                                    {"reason",
                                     "the machine's clock jumped; the shop keeps its own time until it is "
                                     "started again"}});
    if (!jumped && jumped_ms_ != 0) log::warn("clock.returned", {{"machine_ahead_ms", ahead}});
    jumped_ms_ = jumped ? ahead : 0;
    const std::int64_t step = passed / kFollowOneIn;
    if (!jumped) offset_ms_ += std::clamp(ahead, -step, step);
}

}  // namespace marketday
