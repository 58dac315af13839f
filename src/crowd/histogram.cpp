#include "crowd/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace marketday::crowd {

std::size_t Histogram::bucket_of(std::uint64_t value) {
    constexpr std::uint64_t kLinear = std::uint64_t{1} << kSubBits;
    if (value < kLinear) return static_cast<std::size_t>(value);
    const int octave =
        static_cast<int>(std::bit_width(value)) - 1 - kSubBits;  // 0 for the first power of two above the linear part
    const std::uint64_t within = (value >> octave) - kLinear;
    return static_cast<std::size_t>(kLinear * static_cast<std::uint64_t>(octave + 1) + within);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) {
    constexpr std::uint64_t kLinear = std::uint64_t{1} << kSubBits;
    if (bucket < kLinear) return bucket;
    const std::uint64_t octave = bucket / kLinear - 1;
    const std::uint64_t within = bucket % kLinear;
    return ((kLinear + within + 1) << octave) - 1;
}

void Histogram::add(std::int64_t value_us) {
    const std::uint64_t greatest = (std::uint64_t{1} << kValueBits) - 1;
    const std::uint64_t value = std::min(static_cast<std::uint64_t>(std::max<std::int64_t>(value_us, 0)), greatest);
    ++counts_[bucket_of(value)];
    ++count_;
    sum_us_ += value;
    max_us_ = std::max(max_us_, static_cast<std::int64_t>(value));
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_us_ += other.sum_us_;
    max_us_ = std::max(max_us_, other.max_us_);
}

double Histogram::mean_us() const {
    return count_ == 0 ? 0.0 : static_cast<double>(sum_us_) / static_cast<double>(count_);
}

std::int64_t Histogram::percentile_us(double fraction) const {
    if (count_ == 0) return 0;
    const double wanted = std::ceil(fraction * static_cast<double>(count_));
    const std::uint64_t rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += counts_[i];
        if (seen >= rank) return std::min(static_cast<std::int64_t>(upper_edge(i)), max_us_);
    }
    return max_us_;
}

}  // namespace marketday::crowd
