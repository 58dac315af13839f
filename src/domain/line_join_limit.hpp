#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace marketday::domain {

/// How many tickets one client address may ask for: a burst, refilled at a steady rate. Generous, since a mobile
/// carrier puts thousands of shoppers behind one address; its use is to slow a single machine that joins with made-up
/// accounts. IPv6 addresses count by their /64. Memory is fixed; when it is full, the address that has asked least is
/// forgotten, which only ever errs in the shopper's favour. Not thread-safe.
class LineJoinLimit {
public:
    struct Limits {
        double joins_burst = 10'000;
        double joins_per_s = 1'000;
        std::size_t addresses_max = 8'192;
    };
    /// `seed` keeps outsiders from choosing addresses that share a place.
    LineJoinLimit(Limits limits, std::uint64_t seed);

    /// `address`: IPv6, or IPv4 mapped into it. Counts one join; false when the address has used up its share.
    bool allow(const std::array<std::uint8_t, 16>& address, Instant now);

private:
    struct Share {
        std::uint64_t address = 0;  // 0: free
        float left = 0;
        std::uint32_t at_ms = 0;  // since the first join counted
    };
    static constexpr std::size_t kWays = 8;

    Limits limits_;
    std::uint64_t seed_;
    Instant origin_{};
    std::vector<Share> shares_;
};

}  // namespace marketday::domain
