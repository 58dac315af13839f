#pragma once

#include <vector>

#include "base/assert.hpp"
#include "base/cache/eviction_policy.hpp"

namespace marketday {

/// The links of slots that stand in lists, by slot. A slot is in one list at most.
struct SlotLinks {
    using Slot = EvictionPolicy::Slot;
    struct Link {
        Slot newer = EvictionPolicy::kNone;
        Slot older = EvictionPolicy::kNone;
    };
    std::vector<Link> of;

    void make_room(Slot slot) {
        if (slot >= of.size()) of.resize(slot + 1);
    }
};

/// One list of slots, newest to oldest, over links that it shares with others.
struct SlotList {
    using Slot = EvictionPolicy::Slot;
    static constexpr Slot kNone = EvictionPolicy::kNone;
    Slot newest = kNone;
    Slot oldest = kNone;

    bool empty() const { return newest == kNone; }
    void push(SlotLinks& links, Slot slot) {
        links.of[slot] = {.newer = kNone, .older = newest};
        (newest == kNone ? oldest : links.of[newest].newer) = slot;
        newest = slot;
    }
    void take(SlotLinks& links, Slot slot) {
        const auto [newer, older] = links.of[slot];
        (newer == kNone ? newest : links.of[newer].older) = older;
        (older == kNone ? oldest : links.of[older].newer) = newer;
        links.of[slot] = {};
    }
};

}  // namespace marketday
