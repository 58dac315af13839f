#pragma once

#include "cli/config.hpp"
#include "http/near_caches.hpp"

namespace marketday::cli {

/// The cache policy table: cache.<class>.policy, .mib, .ttl_s, .stale_s, .stale_if_error_s for each class of answers,
/// and cache.ttl_jitter_percent. Throws std::runtime_error with one line that says what to do.
http::NearCaches::Policies near_cache_policies(const Config& config);

}  // namespace marketday::cli
