#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace marketday {

/// Which entry of a full cache goes first.
enum class Eviction : std::uint8_t {
    lru,    // the one not used for longest
    lfu,    // the one used least often; of those, the one not used for longest
    fifo,   // the oldest
    sieve,  // the oldest that was not used since the hand last passed it (Zhang et al., NSDI 2024)
};
inline constexpr std::array kEvictions{Eviction::lru, Eviction::lfu, Eviction::fifo, Eviction::sieve};
std::string_view to_string(Eviction eviction);  // "lru"
std::optional<Eviction> parse_eviction(std::string_view text);

/// The order in which entries leave. Knows entries as slots, small numbers that the cache gives them and uses again, so
/// that nothing here allocates for a use. Every call takes constant time (amortised). Not thread-safe.
class EvictionPolicy {
public:
    using Slot = std::uint32_t;
    static constexpr Slot kNone = UINT32_MAX;

    virtual ~EvictionPolicy() = default;
    /// `slot` is not in.
    virtual void added(Slot slot) = 0;
    /// `slot` is in, and was asked for.
    virtual void used(Slot slot) = 0;
    /// Takes out the entry that should leave, and names it. At least one is in.
    virtual Slot evict() = 0;
    /// `slot` is in, and leaves for another reason.
    virtual void removed(Slot slot) = 0;
};
std::unique_ptr<EvictionPolicy> make_eviction_policy(Eviction eviction);

}  // namespace marketday
