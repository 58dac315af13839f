#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "ports/rankings.hpp"

namespace marketday::adapters {

/// The heaviest keys of a stream with room for `capacity` of them (Space-Saving; Metwally, Agrawal, El Abbadi:
/// "Efficient computation of frequent and top-k elements in data streams", ICDT 2005). A key's count is at least its
/// true one and at most total / capacity more.
class HeavyKeys {
public:
    explicit HeavyKeys(std::size_t capacity) : capacity_(capacity) {}
    void add(std::string_view key, std::int64_t weight);
    std::size_t size() const { return places_.size(); }
    /// f(key, count) for each key kept.
    template <class F>
    void each(F f) const {
        for (const auto& [count, key] : by_count_) f(*key, count);
    }

private:
    using ByCount = std::multimap<std::int64_t, const std::string*>;
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>{}(key); }
    };
    std::size_t capacity_;
    ByCount by_count_;
    std::unordered_map<std::string, ByCount::iterator, Hash, std::equal_to<>> places_;
};

/// Rankings of one process: a ring of steps, each with its heaviest keys. The newest step counts while it fills, the
/// oldest falls out whole, so the window is between `steps - 1` and `steps` steps long.
class MemoryRankings final : public ports::Rankings {
public:
    struct Options {
        milliseconds step = std::chrono::minutes{5};
        std::size_t steps = 12;
        std::size_t keys_per_step = 256;
    };
    MemoryRankings(Options options, const Clock& clock) : options_(options), clock_(clock) {}

    void record(Event event) override;
    Answer<std::vector<Ranked>> top(Kind kind, std::size_t keys_max) override;

private:
    /// Remembers who counted for what, in fixed memory: a bit each, so a few who are new are taken for known.
    class Sources {
    public:
        /// False when it was there before.
        bool add(std::uint64_t source, std::string_view key);

    private:
        static constexpr std::size_t kBits = 1 << 17;
        std::vector<std::uint64_t> words_;
    };
    struct Step {
        std::int64_t number = 0;
        std::array<HeavyKeys, 2> kinds;
        Sources sources;
    };
    Step& current();
    void drop_old(std::int64_t now);

    Options options_;
    const Clock& clock_;
    std::mutex mutex_;
    std::deque<Step> steps_;  // oldest first
};

}  // namespace marketday::adapters
