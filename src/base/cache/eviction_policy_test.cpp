#include "base/cache/eviction_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "base/cache/byte_cache.hpp"
#include "base/cache/replay.hpp"
#include "base/random.hpp"

namespace marketday {
namespace {

/// The same four policies, written for plainness: a row of entries from oldest to newest, searched from end to end.
class NaiveCache {
public:
    NaiveCache(Eviction eviction, std::size_t bytes_max) : eviction_(eviction), bytes_max_(bytes_max) {}

    bool find(const std::string& key) {
        const auto at = place_of(key);
        if (at == row_.end()) return false;
        use(at);
        return true;
    }
    bool put(const std::string& key, std::size_t bytes) {
        if (bytes > bytes_max_) {
            erase(key);
            return false;
        }
        if (const auto at = place_of(key); at != row_.end()) {
            at->bytes = 0;
            use(at);
        }
        while (used_bytes() + bytes > bytes_max_) evict();
        if (const auto at = place_of(key); at != row_.end())
            at->bytes = bytes;
        else
            row_.push_back({.key = key, .bytes = bytes, .uses = 1, .used_at = ++now_, .visited = false});
        return true;
    }
    void erase(const std::string& key) {
        if (const auto at = place_of(key); at != row_.end()) take(static_cast<std::size_t>(at - row_.begin()));
    }
    std::vector<std::string> keys() const {
        std::vector<std::string> keys;
        for (const auto& entry : row_) keys.push_back(entry.key);
        std::ranges::sort(keys);
        return keys;
    }
    std::size_t used_bytes() const {
        std::size_t sum = 0;
        for (const auto& entry : row_) sum += entry.bytes;
        return sum;
    }

private:
    struct Entry {
        std::string key;
        std::size_t bytes = 0;
        std::uint64_t uses = 0;
        std::uint64_t used_at = 0;
        bool visited = false;
    };
    std::vector<Entry>::iterator place_of(const std::string& key) { return std::ranges::find(row_, key, &Entry::key); }
    void use(std::vector<Entry>::iterator at) {
        ++at->uses;
        at->used_at = ++now_;
        at->visited = true;
    }
    void take(std::size_t place) {
        row_.erase(row_.begin() + static_cast<std::ptrdiff_t>(place));
        if (place < hand_) --hand_;
        if (hand_ >= row_.size()) hand_ = 0;
    }
    void evict() {
        std::size_t victim = 0;
        switch (eviction_) {
            case Eviction::fifo: break;
            case Eviction::lru:
                for (std::size_t i = 1; i < row_.size(); ++i)
                    if (row_[i].used_at < row_[victim].used_at) victim = i;
                break;
            case Eviction::lfu:
                for (std::size_t i = 1; i < row_.size(); ++i) {
                    const bool fewer = row_[i].uses < row_[victim].uses;
                    const bool older = row_[i].uses == row_[victim].uses && row_[i].used_at < row_[victim].used_at;
                    if (fewer || older) victim = i;
                }
                break;
            case Eviction::sieve:
                while (row_[hand_].visited) {
                    row_[hand_].visited = false;
                    hand_ = (hand_ + 1) % row_.size();
                }
                victim = hand_;
                break;
        }
        take(victim);
    }

    Eviction eviction_;
    std::size_t bytes_max_;
    std::vector<Entry> row_;
    std::size_t hand_ = 0;
    std::uint64_t now_ = 0;
};

class EvictionTest : public testing::TestWithParam<Eviction> {};

TEST_P(EvictionTest, random_traces_leave_the_same_entries_as_a_naive_model) {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        SeededRandom random{seed};
        const std::size_t bytes_max = 20 + random.below(200);
        const std::uint64_t names = 5 + random.below(60);
        std::map<std::string, bool> left;
        ByteCache<int> cache{{.eviction = GetParam(), .bytes_max = bytes_max}};
        NaiveCache model{GetParam(), bytes_max};
        for (int step = 0; step < 1500; ++step) {
            // The product of two draws: some names are asked for far more often.
            const std::string key = std::to_string(random.below(1 + random.below(names)));
            const std::size_t bytes = 1 + random.below(random.below(50) == 0 ? bytes_max + 20 : 15);
            switch (random.below(10)) {
                case 0:
                    cache.erase(key);
                    model.erase(key);
                    break;
                case 1: ASSERT_EQ(cache.put(key, step, bytes), model.put(key, bytes)); break;
                default: {
                    const bool hit = cache.find(key) != nullptr;
                    ASSERT_EQ(hit, model.find(key)) << "seed " << seed << " step " << step;
                    if (!hit) {
                        ASSERT_EQ(cache.put(key, step, bytes), model.put(key, bytes));
                    }
                }
            }
            ASSERT_EQ(cache.bytes(), model.used_bytes()) << "seed " << seed << " step " << step;
            ASSERT_LE(cache.bytes(), bytes_max);
        }
        const auto keys = model.keys();
        ASSERT_EQ(cache.size(), keys.size());
        for (const auto& key : keys) ASSERT_NE(cache.peek(key), nullptr) << "seed " << seed;
        cache.clear();
        EXPECT_EQ(cache.bytes(), 0U);
    }
}

TEST_P(EvictionTest, a_replay_hits_as_often_as_a_cache_would) {
    SeededRandom random{7};
    CacheTrace trace;
    for (int key = 0; key < 200; ++key) trace.bytes_of.push_back(1 + random.below(20));
    for (int i = 0; i < 20'000; ++i)
        trace.asked.push_back(static_cast<std::uint32_t>(random.below(1 + random.below(200))));
    for (const std::size_t bytes_max : {5U, 100U, 700U, 5000U}) {
        ByteCache<char> cache{{.eviction = GetParam(), .bytes_max = bytes_max}};
        std::uint64_t hits = 0;
        for (const std::uint32_t key : trace.asked) {
            const std::string name = std::to_string(key);
            if (cache.find(name) != nullptr)
                ++hits;
            else
                cache.put(name, 0, trace.bytes_of[key]);
        }
        EXPECT_EQ(replay_hits(trace, GetParam(), bytes_max), hits) << bytes_max;
    }
}

TEST_P(EvictionTest, its_name_is_read_back) { EXPECT_EQ(parse_eviction(to_string(GetParam())), GetParam()); }

INSTANTIATE_TEST_SUITE_P(Policies, EvictionTest, testing::ValuesIn(kEvictions),
                         [](const auto& of) { return std::string{to_string(of.param)}; });

std::vector<std::string> left_after(Eviction eviction, std::initializer_list<const char*> asked) {
    ByteCache<int> cache{{.eviction = eviction, .bytes_max = 3}};
    for (const char* key : asked)
        if (cache.find(key) == nullptr) cache.put(key, 0, 1);
    std::vector<std::string> left;
    for (const char* key : {"a", "b", "c", "d", "e"})
        if (cache.peek(key) != nullptr) left.emplace_back(key);
    return left;
}

TEST(EvictionPoliciesTest, each_has_its_own_idea_of_who_goes) {
    using Keys = std::vector<std::string>;
    EXPECT_EQ(left_after(Eviction::fifo, {"a", "b", "c", "a", "d"}), (Keys{"b", "c", "d"}));
    EXPECT_EQ(left_after(Eviction::lru, {"a", "b", "c", "a", "d"}), (Keys{"a", "c", "d"}));
    EXPECT_EQ(left_after(Eviction::lfu, {"a", "a", "b", "b", "c", "d", "e"}), (Keys{"a", "b", "e"}));
    EXPECT_EQ(left_after(Eviction::sieve, {"a", "b", "c", "a", "d", "e"}), (Keys{"a", "d", "e"}));
}

TEST(ByteCacheTest, what_can_never_fit_is_not_kept_and_displaces_nothing) {
    ByteCache<int> cache{{.eviction = Eviction::lru, .bytes_max = 10}};
    cache.put("small", 1, 4);
    cache.put("grows", 2, 4);
    EXPECT_FALSE(cache.put("grows", 3, 11));
    EXPECT_EQ(cache.peek("grows"), nullptr) << "the old value would be a lie";
    EXPECT_NE(cache.peek("small"), nullptr);
    EXPECT_EQ(cache.bytes(), 4U);
}

TEST(ByteCacheTest, it_tells_of_each_entry_that_leaves_for_want_of_room) {
    std::vector<std::string> gone;
    ByteCache<int> cache{{.eviction = Eviction::fifo, .bytes_max = 2, .evicting = [&gone](std::string_view key, int&) {
                              gone.emplace_back(key);
                          }}};
    for (const char* key : {"a", "b", "c", "d"}) cache.put(key, 0, 1);
    cache.erase("c");
    EXPECT_EQ(gone, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(cache.evictions(), 2U);
}

}  // namespace
}  // namespace marketday
