#include "http/watch/latency_histogram.hpp"

#include <cmath>
#include <numeric>

namespace marketday::http {

std::optional<double> percentile_ms(const LatencyHistogram::Counts& counts, double share) {
    const auto total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0) return std::nullopt;
    const auto wanted =
        std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total))));
    std::uint64_t passed = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        passed += counts[i];
        if (passed >= wanted) return static_cast<double>(LatencyHistogram::end_of_class_us(i)) / 1000;
    }
    return std::nullopt;
}

}  // namespace marketday::http
