#include "domain/admission_rate.hpp"

#include <algorithm>

namespace marketday::domain {
namespace {

constexpr milliseconds kObserveEvery{100};
// A cut needs time to be felt before the next one is due.
constexpr milliseconds kCutEvery{500};
constexpr double kCut = 0.6;

}  // namespace

AdmissionRate::AdmissionRate(Limits limits, Instant now)
    : limits_(limits),
      per_s_(std::max(limits.per_s_min, limits.per_s_max / 4)),
      accrued_at_(now),
      observed_at_(now),
      cut_at_(now - kCutEvery) {
    set_max(limits.per_s_max);
}

void AdmissionRate::set_max(double per_s_max) {
    limits_.per_s_max = std::max(1.0, per_s_max);
    limits_.per_s_min = std::min(limits_.per_s_min, limits_.per_s_max);
    per_s_ = std::clamp(per_s_, limits_.per_s_min, limits_.per_s_max);
}

void AdmissionRate::observe(const Pressure& pressure, Instant now) {
    if (now - observed_at_ < kObserveEvery) return;
    observed_at_ = now;
    const bool lane_fills = pressure.lane_depth_max > 0 && pressure.lane_depth * 4 > pressure.lane_depth_max;
    if (lane_fills || pressure.latency_p99 > limits_.latency_max) {
        if (now - cut_at_ < kCutEvery) return;
        cut_at_ = now;
        per_s_ = std::max(limits_.per_s_min, per_s_ * kCut);
        accrued_ = 0;
    } else {
        per_s_ = std::min(limits_.per_s_max, per_s_ + std::max(10.0, limits_.per_s_max / 50));
    }
}

std::int64_t AdmissionRate::take(std::int64_t wanted, Instant now) {
    const double elapsed_s = std::chrono::duration<double>(now - accrued_at_).count();
    accrued_at_ = now;
    accrued_ = std::min(accrued_ + elapsed_s * per_s_, std::max(1.0, per_s_ / 4));
    const auto taken = std::clamp<std::int64_t>(wanted, 0, static_cast<std::int64_t>(accrued_));
    accrued_ -= static_cast<double>(taken);
    return taken;
}

}  // namespace marketday::domain
