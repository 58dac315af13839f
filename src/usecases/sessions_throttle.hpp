#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/random.hpp"
#include "base/time.hpp"

namespace marketday::usecases {

/// Counts attempts per key and lets the count decay: `burst` at once, then `per_s`. Its memory is fixed; when full it
/// forgets the key with the fewest attempts among eight, so a flood of new keys cannot wash out one that is blocked.
/// Keys are kept as keyed hashes only. Used on one executor.
class Throttle {
public:
    struct Options {
        double burst = 10;
        double per_s = 1.0 / 30;
        std::size_t keys_max = 65'536;  // a power of two, 16 bytes each
    };
    Throttle(const Clock& clock, Random& random, Options options);

    /// Takes one attempt. Nothing when it is allowed, else how long to wait (at least 1 s); a refused attempt does not
    /// count.
    std::optional<seconds> take(std::string_view key);
    /// Gives an attempt back, because it was a good one.
    void give_back(std::string_view key);
    /// Whether any attempt of a key is remembered still.
    bool counts(std::string_view key) const;
    /// Forgets a key's attempts.
    void clear(std::string_view key);

private:
    struct Slot {
        std::uint64_t key = 0;  // 0: free
        float level = 0;
        std::uint32_t at_s = 0;
    };
    static constexpr std::size_t kWays = 8;

    std::uint64_t hash(std::string_view key) const;
    const Slot* find(std::uint64_t hash) const;
    Slot* find(std::uint64_t hash);
    Slot& find_or_take(std::uint64_t hash, std::uint32_t now_s);
    float decayed(const Slot& slot, std::uint32_t now_s) const;
    std::uint32_t now_s() const;

    const Clock& clock_;
    Options options_;
    Instant started_;
    Hash256 secret_{};
    std::vector<Slot> slots_;
};

}  // namespace marketday::usecases
