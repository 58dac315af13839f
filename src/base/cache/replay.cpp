#include "base/cache/replay.hpp"

#include <numeric>

namespace marketday {

std::uint64_t CacheTrace::footprint_bytes() const {
    return std::accumulate(bytes_of.begin(), bytes_of.end(), std::uint64_t{0});
}

std::uint64_t replay_hits(const CacheTrace& trace, Eviction eviction, std::uint64_t bytes_max) {
    const auto policy = make_eviction_policy(eviction);
    std::vector<std::uint8_t> is_in(trace.bytes_of.size());
    std::uint64_t bytes = 0;
    std::uint64_t hits = 0;
    for (const std::uint32_t key : trace.asked) {
        if (is_in[key] != 0) {
            ++hits;
            policy->used(key);
            continue;
        }
        const std::uint64_t size = trace.bytes_of[key];
        if (size > bytes_max) continue;
        while (bytes + size > bytes_max) {
            const auto gone = policy->evict();
            is_in[gone] = 0;
            bytes -= trace.bytes_of[gone];
        }
        is_in[key] = 1;
        bytes += size;
        policy->added(key);
    }
    return hits;
}

}  // namespace marketday
