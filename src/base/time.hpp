#pragma once

#include <chrono>
#include <cstdint>

namespace marketday {

/// Monotonic time for deadlines and latencies. In simulation its values are virtual.
using Instant = std::chrono::steady_clock::time_point;

/// Calendar time in UTC, in milliseconds, for what is stored and shown.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

using std::chrono::milliseconds;
using std::chrono::seconds;

inline std::int64_t to_unix_ms(WallTime t) { return t.time_since_epoch().count(); }
inline WallTime from_unix_ms(std::int64_t ms) { return WallTime{milliseconds{ms}}; }

/// The only source of time for everything above `base`.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    virtual WallTime wall_now() const = 0;
};

/// The machine's clocks. Thread-safe.
class SystemClock final : public Clock {
public:
    Instant now() const override { return std::chrono::steady_clock::now(); }
    WallTime wall_now() const override {
        return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    }
};

}  // namespace marketday
