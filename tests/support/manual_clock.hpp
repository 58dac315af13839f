#pragma once

#include <atomic>

#include "base/time.hpp"

namespace marketday {

/// Time that passes only when a test says so. Thread-safe.
class ManualClock final : public Clock {
public:
    Instant now() const override { return Instant{milliseconds{passed_ms_}}; }
    WallTime wall_now() const override { return from_unix_ms(1'800'000'000'000 + passed_ms_); }
    void pass(milliseconds time) { passed_ms_ += time.count(); }

private:
    std::atomic<std::int64_t> passed_ms_{0};
};

}  // namespace marketday
