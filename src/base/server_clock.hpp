#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>

#include "base/time.hpp"

namespace marketday {

/// The clocks of a server that runs for months: its calendar is the machine's at the start, and then goes on by itself.
/// What the machine's clock gains or loses little by little is followed without ever going back; a jump is not, since
/// holds, admissions and sessions would end early or live for ever with it. Who has set the machine's clock right on
/// purpose starts the server again. Thread-safe.
class ServerClock final : public Clock {
public:
    /// Further apart than this the machine's clock has jumped.
    static constexpr milliseconds kFollowedMax{30'000};
    /// What is followed is followed at one part in so many of the time that goes by.
    static constexpr std::int64_t kFollowOneIn = 20;

    /// Where time comes from, in milliseconds: since any instant, counting suspension; and of the calendar (Unix time).
    struct Machine {
        std::function<std::int64_t()> elapsed_ms;
        std::function<std::int64_t()> calendar_ms;
    };
    ServerClock();
    explicit ServerClock(Machine machine);

    Instant now() const override { return std::chrono::steady_clock::now(); }
    WallTime wall_now() const override;
    /// How far the machine's calendar is ahead of ours since it jumped; zero when it has not.
    milliseconds jumped_by() const { return milliseconds{jumped_ms_.load(std::memory_order_relaxed)}; }

private:
    void look(std::int64_t elapsed_ms) const;

    Machine machine_;
    mutable std::atomic<std::int64_t> offset_ms_;  // of the calendar against what has elapsed
    mutable std::atomic<std::int64_t> looked_ms_;
    mutable std::atomic<std::int64_t> jumped_ms_{0};
    mutable std::mutex looking_;
};

}  // namespace marketday
