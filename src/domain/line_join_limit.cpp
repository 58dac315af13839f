#include "domain/line_join_limit.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace marketday::domain {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedIpv4{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::uint64_t mix(std::uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

}  // namespace

LineJoinLimit::LineJoinLimit(Limits limits, std::uint64_t seed) : limits_(limits), seed_(seed) {
    shares_.resize(std::bit_ceil(std::max(limits.addresses_max, kWays)));
}

bool LineJoinLimit::allow(const std::array<std::uint8_t, 16>& address, Instant now) {
    if (origin_ == Instant{}) origin_ = now;
    std::uint64_t part = 0;
    const bool ipv4 = std::equal(kMappedIpv4.begin(), kMappedIpv4.end(), address.begin());
    std::memcpy(&part, address.data() + (ipv4 ? 8 : 0), 8);
    const std::uint64_t name = mix(part ^ seed_) | 1;  // Never 0; seeded, so it cannot be aimed at.
    const auto now_ms = static_cast<std::uint32_t>(std::chrono::duration_cast<milliseconds>(now - origin_).count());

    const auto left_now = [&](const Share& share) {
        const double refilled = (now_ms - share.at_ms) / 1000.0 * limits_.joins_per_s;
        return std::min(limits_.joins_burst, static_cast<double>(share.left) + refilled);
    };
    const std::size_t first = (name >> 8) % (shares_.size() / kWays) * kWays;
    Share* chosen = &shares_[first];
    double most_left = -1;
    for (std::size_t way = 0; way < kWays; ++way) {
        Share& share = shares_[first + way];
        if (share.address == name) {
            chosen = &share;
            most_left = -1;
            break;
        }
        const double left = share.address == 0 ? limits_.joins_burst + 1 : left_now(share);
        if (left > most_left) {
            most_left = left;
            chosen = &share;
        }
    }
    const double left = chosen->address == name ? left_now(*chosen) : limits_.joins_burst;
    const bool allowed = left >= 1;
    *chosen = Share{name, static_cast<float>(allowed ? left - 1 : left), now_ms};
    return allowed;
}

}  // namespace marketday::domain
