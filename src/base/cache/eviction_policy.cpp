#include "base/cache/eviction_policy.hpp"

#include <vector>

#include "base/cache/slot_list.hpp"

namespace marketday {
namespace {

/// In order of arrival, or of use.
class QueuePolicy final : public EvictionPolicy {
public:
    explicit QueuePolicy(bool use_renews) : use_renews_(use_renews) {}

    void added(Slot slot) override {
        links_.make_room(slot);
        queue_.push(links_, slot);
    }
    void used(Slot slot) override {
        if (!use_renews_ || queue_.newest == slot) return;
        queue_.take(links_, slot);
        queue_.push(links_, slot);
    }
    Slot evict() override {
        MD_ASSERT(!queue_.empty());
        const Slot slot = queue_.oldest;
        queue_.take(links_, slot);
        return slot;
    }
    void removed(Slot slot) override { queue_.take(links_, slot); }

private:
    bool use_renews_;
    SlotLinks links_;
    SlotList queue_;
};

class SievePolicy final : public EvictionPolicy {
public:
    void added(Slot slot) override {
        links_.make_room(slot);
        if (slot >= visited_.size()) visited_.resize(slot + 1);
        visited_[slot] = 0;
        queue_.push(links_, slot);
    }
    void used(Slot slot) override { visited_[slot] = 1; }
    Slot evict() override {
        MD_ASSERT(!queue_.empty());
        Slot at = hand_ == kNone ? queue_.oldest : hand_;
        while (visited_[at] != 0) {
            visited_[at] = 0;
            at = links_.of[at].newer == kNone ? queue_.oldest : links_.of[at].newer;
        }
        hand_ = at;
        removed(at);
        return at;
    }
    void removed(Slot slot) override {
        if (hand_ == slot) hand_ = links_.of[slot].newer;  // kNone: from the oldest again
        queue_.take(links_, slot);
    }

private:
    SlotLinks links_;
    SlotList queue_;
    std::vector<std::uint8_t> visited_;
    Slot hand_ = kNone;
};

/// Lists of slots by how often they were used, the lists themselves in a row by that number (Shah et al., 2010).
class LfuPolicy final : public EvictionPolicy {
public:
    void added(Slot slot) override {
        links_.make_room(slot);
        if (slot >= level_of_.size()) level_of_.resize(slot + 1, kNone);
        if (lowest_ == kNone || levels_[lowest_].uses != 1) lowest_ = insert_level(1, kNone, lowest_);
        put(slot, lowest_);
    }
    void used(Slot slot) override {
        const Slot level = level_of_[slot];
        const std::uint64_t uses = levels_[level].uses + 1;
        Slot next = levels_[level].higher;
        if (next == kNone || levels_[next].uses != uses) next = insert_level(uses, level, next);
        removed(slot);
        put(slot, next);
    }
    Slot evict() override {
        MD_ASSERT(lowest_ != kNone);
        const Slot slot = levels_[lowest_].slots.oldest;
        removed(slot);
        return slot;
    }
    void removed(Slot slot) override {
        const Slot at = level_of_[slot];
        Level& level = levels_[at];
        level.slots.take(links_, slot);
        if (!level.slots.empty()) return;
        (level.lower == kNone ? lowest_ : levels_[level.lower].higher) = level.higher;
        if (level.higher != kNone) levels_[level.higher].lower = level.lower;
        spare_.push_back(at);
    }

private:
    struct Level {
        std::uint64_t uses = 0;
        SlotList slots;
        Slot lower = kNone;
        Slot higher = kNone;
    };

    void put(Slot slot, Slot level) {
        level_of_[slot] = level;
        levels_[level].slots.push(links_, slot);
    }
    Slot insert_level(std::uint64_t uses, Slot lower, Slot higher) {
        Slot at = static_cast<Slot>(levels_.size());
        if (spare_.empty()) {
            levels_.emplace_back();
        } else {
            at = spare_.back();
            spare_.pop_back();
        }
        levels_[at] = {.uses = uses, .slots = {}, .lower = lower, .higher = higher};
        if (lower != kNone) levels_[lower].higher = at;
        if (higher != kNone) levels_[higher].lower = at;
        return at;
    }

    SlotLinks links_;
    std::vector<Slot> level_of_;
    std::vector<Level> levels_;
    std::vector<Slot> spare_;
    Slot lowest_ = kNone;
};

}  // namespace

std::string_view to_string(Eviction eviction) {
    switch (eviction) {
        case Eviction::lru: return "lru";
        case Eviction::lfu: return "lfu";
        case Eviction::fifo: return "fifo";
        case Eviction::sieve: return "sieve";
    }
    return "";
}

std::optional<Eviction> parse_eviction(std::string_view text) {
    for (const Eviction eviction : kEvictions) {
        if (to_string(eviction) == text) return eviction;
    }
    return std::nullopt;
}

std::unique_ptr<EvictionPolicy> make_eviction_policy(Eviction eviction) {
    switch (eviction) {
        case Eviction::lru: return std::make_unique<QueuePolicy>(true);
        case Eviction::fifo: return std::make_unique<QueuePolicy>(false);
        case Eviction::lfu: return std::make_unique<LfuPolicy>();
        case Eviction::sieve: return std::make_unique<SievePolicy>();
    }
    return nullptr;
}

}  // namespace marketday
