#include "cli/cache_settings.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace marketday::cli {
namespace {

constexpr std::int64_t kMibMax = 1024 * 1024;
constexpr std::int64_t kSecondsMax = 30 * 24 * 3600;

std::int64_t bounded(const Config& config, const std::string& key, std::int64_t least, std::int64_t most) {
    const std::int64_t value = config.integer(key);
    if (value < least || value > most)
        throw std::runtime_error(fmt::format("{} must be {} to {}, not {}", key, least, most, value));
    return value;
}

http::NearCachePolicy policy_of(const Config& config, std::string_view name, http::CompressionEffort compression) {
    const std::string prefix = fmt::format("cache.{}.", name);
    const std::string& eviction_name = config.text(prefix + "policy");
    const auto eviction = parse_eviction(eviction_name);
    if (!eviction)
        throw std::runtime_error(
            fmt::format("{}policy must be lru, lfu, fifo or sieve, not \"{}\"", prefix, eviction_name));
    http::NearCachePolicy policy;
    policy.eviction = *eviction;
    policy.bytes_max = static_cast<std::size_t>(bounded(config, prefix + "mib", 0, kMibMax)) << 20;
    policy.ttl = seconds{bounded(config, prefix + "ttl_s", 1, kSecondsMax)};
    policy.stale_while_revalidate = seconds{bounded(config, prefix + "stale_s", 0, kSecondsMax)};
    policy.stale_if_error = seconds{bounded(config, prefix + "stale_if_error_s", 0, kSecondsMax)};
    policy.ttl_jitter_percent = static_cast<std::uint32_t>(bounded(config, "cache.ttl_jitter_percent", 0, 90));
    policy.compression = compression;
    return policy;
}

}  // namespace

http::NearCaches::Policies near_cache_policies(const Config& config) {
    using http::CompressionEffort;
    return {.products = policy_of(config, "products", CompressionEffort::thorough),
            .searches = policy_of(config, "searches", CompressionEffort::fast),
            .sales = policy_of(config, "sales", CompressionEffort::fast),
            .stock = policy_of(config, "stock", CompressionEffort::fast)};
}

}  // namespace marketday::cli
