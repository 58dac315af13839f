#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/cache/eviction_policy.hpp"

namespace marketday {

/// Values by name within a number of bytes; what goes when they are full, the policy says. A look-up allocates nothing.
/// Pointers to values hold until the next `put`, `erase` or `clear`. Not thread-safe.
template <class Value>
class ByteCache {
public:
    using Slot = EvictionPolicy::Slot;

    struct Options {
        Eviction eviction = Eviction::sieve;
        std::size_t bytes_max = 0;
        /// Told of each entry just before it leaves for want of room.
        std::function<void(std::string_view key, Value& value)> evicting = {};
    };
    explicit ByteCache(Options options)
        : options_(std::move(options)), policy_(make_eviction_policy(options_.eviction)) {}

    /// Counts as a use.
    Value* find(std::string_view key) {
        const auto found = slots_.find(key);
        if (found == slots_.end()) return nullptr;
        policy_->used(found->second);
        return &entries_[found->second].value;
    }
    /// Does not.
    Value* peek(std::string_view key) {
        const auto found = slots_.find(key);
        return found == slots_.end() ? nullptr : &entries_[found->second].value;
    }

    /// Puts a value, over the one of that name if there is one: that counts as a use. `bytes` (at least 1) is what the
    /// entry takes in all. False when it can never fit; then the name is no longer in.
    bool put(std::string_view key, Value value, std::size_t bytes) {
        const auto found = slots_.find(key);
        if (bytes > options_.bytes_max) {
            if (found != slots_.end()) remove(found);
            return false;
        }
        if (found != slots_.end()) {
            // Counted for nothing while room is made, in case it is itself the one that leaves.
            Entry& entry = entries_[found->second];
            bytes_ -= std::exchange(entry.bytes, 0);
            policy_->used(found->second);
            make_room(bytes);
            if (entry.key != nullptr) {
                entry.value = std::move(value);
                entry.bytes = bytes;
                bytes_ += bytes;
                return true;
            }
        }
        make_room(bytes);
        const Slot slot = take_slot();
        const auto [at, added] = slots_.emplace(std::string{key}, slot);
        Entry& entry = entries_[slot];
        entry.key = &at->first;
        entry.value = std::move(value);
        entry.bytes = bytes;
        bytes_ += bytes;
        policy_->added(slot);
        return true;
    }

    bool erase(std::string_view key) {
        const auto found = slots_.find(key);
        if (found == slots_.end()) return false;
        remove(found);
        return true;
    }
    void clear() {
        while (!slots_.empty()) remove(slots_.begin());
    }

    std::size_t size() const { return slots_.size(); }
    std::size_t bytes() const { return bytes_; }
    std::uint64_t evictions() const { return evictions_; }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Slots = std::unordered_map<std::string, Slot, Hash, std::equal_to<>>;
    struct Entry {
        const std::string* key = nullptr;  // null: the slot is free
        Value value{};
        std::size_t bytes = 0;
    };

    void make_room(std::size_t bytes) {
        while (bytes_ + bytes > options_.bytes_max && !slots_.empty()) {
            const Slot slot = policy_->evict();
            ++evictions_;
            if (options_.evicting) options_.evicting(*entries_[slot].key, entries_[slot].value);
            slots_.erase(slots_.find(*entries_[slot].key));
            free_slot(slot);
        }
    }
    void remove(typename Slots::iterator at) {
        const Slot slot = at->second;
        policy_->removed(slot);
        slots_.erase(at);
        free_slot(slot);
    }
    Slot take_slot() {
        if (spare_.empty()) {
            entries_.emplace_back();
            return static_cast<Slot>(entries_.size() - 1);
        }
        const Slot slot = spare_.back();
        spare_.pop_back();
        return slot;
    }
    void free_slot(Slot slot) {
        bytes_ -= entries_[slot].bytes;
        entries_[slot] = Entry{};
        spare_.push_back(slot);
    }

    Options options_;
    std::unique_ptr<EvictionPolicy> policy_;
    Slots slots_;
    std::deque<Entry> entries_;  // by slot; a deque, so that `put` moves no other entry
    std::vector<Slot> spare_;
    std::size_t bytes_ = 0;
    std::uint64_t evictions_ = 0;
};

}  // namespace marketday
