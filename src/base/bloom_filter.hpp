#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace marketday {

/// Says of a hash "never added" for certain, or "perhaps added" (Bloom, 1970). Blocked: all bits of one hash lie in one
/// cache line (Putze, Sanders, Singler, 2007), so an answer costs one access to memory. At 16 bits an entry about one
/// answer of a thousand is a wrong "perhaps".
class BloomFilter {
public:
    explicit BloomFilter(std::size_t entries_max)
        : entries_max_(std::max<std::size_t>(entries_max, 1)),
          blocks_(std::bit_ceil(entries_max_ * kBitsAnEntry / kBlockBits + 1)) {}

    /// `hash`: 64 well mixed bits.
    void add(std::uint64_t hash) {
        Block& block = blocks_[block_of(hash)];
        for (int i = 0; i < kProbes; ++i) block.words[word_of(hash, i)] |= bit_of(hash, i);
        ++entries_;
    }
    bool may_hold(std::uint64_t hash) const {
        const Block& block = blocks_[block_of(hash)];
        for (int i = 0; i < kProbes; ++i)
            if ((block.words[word_of(hash, i)] & bit_of(hash, i)) == 0) return false;
        return true;
    }
    /// More entries than it was made for: it still answers rightly, but with "perhaps" too often.
    bool is_full() const { return entries_ >= entries_max_; }
    std::size_t entries_max() const { return entries_max_; }
    std::size_t bytes() const { return blocks_.size() * sizeof(Block); }

private:
    static constexpr std::size_t kBitsAnEntry = 16;
    static constexpr std::size_t kBlockBits = 512;
    static constexpr int kProbes = 5;  // 9 bits of the hash each

    struct alignas(64) Block {
        std::uint64_t words[8] = {};
    };

    std::size_t block_of(std::uint64_t hash) const { return (hash >> 45) * 0x9e3779b1ULL & (blocks_.size() - 1); }
    static std::size_t word_of(std::uint64_t hash, int probe) { return hash >> (9 * probe) & 7; }
    static std::uint64_t bit_of(std::uint64_t hash, int probe) { return 1ULL << (hash >> (9 * probe + 3) & 63); }

    std::size_t entries_max_;
    std::size_t entries_ = 0;
    std::vector<Block> blocks_;
};

}  // namespace marketday
