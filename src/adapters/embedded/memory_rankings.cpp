#include "adapters/embedded/memory_rankings.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "adapters/stored/best_ranked.hpp"

namespace marketday::adapters {

void HeavyKeys::add(std::string_view key, std::int64_t weight) {
    if (const auto known = places_.find(key); known != places_.end()) {
        auto node = by_count_.extract(known->second);
        node.key() += weight;
        known->second = by_count_.insert(std::move(node));
        return;
    }
    std::int64_t count = weight;
    if (places_.size() >= capacity_) {
        // The lightest makes room, and the new key inherits its count: never too low.
        const auto lightest = by_count_.begin();
        count += lightest->first;
        const auto place = places_.find(*lightest->second);
        by_count_.erase(lightest);
        places_.erase(place);
    }
    const auto placed = places_.emplace(std::string{key}, by_count_.end()).first;
    placed->second = by_count_.emplace(count, &placed->first);
}

bool MemoryRankings::Sources::add(std::uint64_t source, std::string_view key) {
    if (words_.empty()) words_.resize(kBits / 64);
    const std::uint64_t hash = (std::hash<std::string_view>{}(key) ^ source) * 0x9e3779b97f4a7c15ULL;
    const std::size_t bit = hash >> (64 - 17);
    std::uint64_t& word = words_[bit / 64];
    const std::uint64_t mask = std::uint64_t{1} << (bit % 64);
    return (std::exchange(word, word | mask) & mask) == 0;
}

MemoryRankings::Step& MemoryRankings::current() {
    const std::int64_t now = to_unix_ms(clock_.wall_now()) / options_.step.count();
    drop_old(now);
    if (steps_.empty() || steps_.back().number < now) {
        steps_.push_back({now, {HeavyKeys{options_.keys_per_step}, HeavyKeys{options_.keys_per_step}}, {}});
    }
    return steps_.back();
}

void MemoryRankings::drop_old(std::int64_t now) {
    const std::int64_t oldest = now - static_cast<std::int64_t>(options_.steps) + 1;
    while (!steps_.empty() && steps_.front().number < oldest) steps_.pop_front();
}

void MemoryRankings::record(Event event) {
    if (event.key.empty() || event.key.size() > kKeyBytesMax || event.weight < 1) return;
    const std::lock_guard lock{mutex_};
    Step& step = current();
    if (event.source != 0 && !step.sources.add(event.source + static_cast<std::uint64_t>(event.weight), event.key))
        return;
    step.kinds[static_cast<std::size_t>(event.kind)].add(event.key, std::min<std::int64_t>(event.weight, 1'000'000));
}

auto MemoryRankings::top(Kind kind, std::size_t keys_max) -> Answer<std::vector<Ranked>> {
    std::unordered_map<std::string, std::int64_t> scores;
    {
        const std::lock_guard lock{mutex_};
        drop_old(to_unix_ms(clock_.wall_now()) / options_.step.count());
        for (const Step& step : steps_) {
            step.kinds[static_cast<std::size_t>(kind)].each(
                [&scores](const std::string& key, std::int64_t count) { scores[key] += count; });
        }
    }
    std::vector<Ranked> ranked;
    ranked.reserve(scores.size());
    for (auto& [key, score] : scores) ranked.push_back({key, score});
    co_return best_ranked(std::move(ranked), keys_max);
}

}  // namespace marketday::adapters
