#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace marketday::domain {

/// How hard checkout is working for one sale.
struct Pressure {
    std::size_t lane_depth = 0;  // orders that wait in the lane
    std::size_t lane_depth_max = 0;
    milliseconds latency_p99{0};  // of recent orders, from arrival to verdict
};

/// How many shoppers a second may be let in: additive increase, multiplicative decrease (Chiu and Jain, 1989) on what
/// checkout shows, never above the sale's own maximum. Not thread-safe.
class AdmissionRate {
public:
    struct Limits {
        double per_s_max = 5000;
        double per_s_min = 20;          // a line always moves
        milliseconds latency_max{250};  // p99 above this is too much
    };
    AdmissionRate(Limits limits, Instant now);

    /// Adjusts the rate; more often than every 100 ms changes nothing.
    void observe(const Pressure& pressure, Instant now);
    /// Takes up to `wanted` from what has accrued since the last call, at most a quarter of a second's worth.
    std::int64_t take(std::int64_t wanted, Instant now);
    double per_s() const { return per_s_; }
    void set_max(double per_s_max);

private:
    Limits limits_;
    double per_s_;
    double accrued_ = 0;
    Instant accrued_at_;
    Instant observed_at_;
    Instant cut_at_;
};

}  // namespace marketday::domain
