#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <chrono>
#include <cstdint>
#include <optional>

namespace marketday::http {

/// Durations by class: sixteen classes to each doubling, from 1 µs to 67 s, so a percentile is at most a sixteenth too
/// high (log-linear, as HdrHistogram does it). Counts only ever grow; what happened between two moments is the
/// difference of two readings. Counted by one thread, read by any.
class LatencyHistogram {
public:
    static constexpr std::size_t kClasses = 368;
    using Counts = std::array<std::uint64_t, kClasses>;

    void count(std::chrono::nanoseconds took) {
        const std::int64_t ns = std::max<std::int64_t>(took.count(), 0);
        add(cells_[class_of(static_cast<std::uint64_t>(ns) / 1000)], 1);
        add(sum_ns_, static_cast<std::uint64_t>(ns));
    }

    /// Adds what has been counted so far to `counts`.
    void add_to(Counts& counts) const {
        for (std::size_t i = 0; i < kClasses; ++i) counts[i] += cells_[i].load(std::memory_order_relaxed);
    }
    std::uint64_t sum_ns() const { return sum_ns_.load(std::memory_order_relaxed); }

    static constexpr std::size_t class_of(std::uint64_t us) {
        if (us < 16) return us;
        constexpr std::uint64_t kMax = (std::uint64_t{1} << 26) - 1;
        us = us < kMax ? us : kMax;
        const auto doublings = static_cast<unsigned>(std::bit_width(us)) - 5;
        return 16 * (doublings + std::size_t{1}) + ((us >> doublings) - 16);
    }
    /// The duration, in µs, that everything of class `index` stays below.
    static constexpr std::uint64_t end_of_class_us(std::size_t index) {
        if (index < 16) return index + 1;
        return (16 + index % 16 + 1) << (index / 16 - 1);
    }

private:
    // One writer: a plain addition, without the bus lock of fetch_add.
    static void add(std::atomic<std::uint64_t>& cell, std::uint64_t more) {
        cell.store(cell.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    }

    std::array<std::atomic<std::uint64_t>, kClasses> cells_{};
    std::atomic<std::uint64_t> sum_ns_{0};
};

/// The duration in milliseconds that `share` (0..1) of `counts` stay below; nothing when nothing was counted.
std::optional<double> percentile_ms(const LatencyHistogram::Counts& counts, double share);

}  // namespace marketday::http
