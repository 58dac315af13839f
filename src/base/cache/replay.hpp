#pragma once

#include <cstdint>
#include <vector>

#include "base/cache/eviction_policy.hpp"

namespace marketday {

/// What was asked of a cache, in order: keys as numbers from 0, and what each key's entry takes.
struct CacheTrace {
    std::vector<std::uint32_t> asked;
    std::vector<std::uint64_t> bytes_of;  // by key, each at least 1

    std::uint64_t footprint_bytes() const;  // of all keys together
};

/// How many of the requests a cache of `bytes_max` would have had, when every miss is put into it.
std::uint64_t replay_hits(const CacheTrace& trace, Eviction eviction, std::uint64_t bytes_max);

}  // namespace marketday
