#include "adapters/distributed/redis_rankings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "adapters/stored/best_ranked.hpp"
#include "base/hash.hpp"

namespace marketday::adapters {
namespace {

// KEYS: the step's keys, its sources. ARGV: key, weight, the source's bit or -1, keys at most, seconds to live.
constexpr const char* kRecord = R"lua(
if tonumber(ARGV[3]) >= 0 then
    if redis.call('SETBIT', KEYS[2], ARGV[3], 1) == 1 then return 0 end
    redis.call('EXPIRE', KEYS[2], ARGV[5])
end
local score = tonumber(ARGV[2])
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[4]) then
    score = score + tonumber(redis.call('ZPOPMIN', KEYS[1])[2])
end
redis.call('ZINCRBY', KEYS[1], score, ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
)lua";

constexpr std::uint64_t kSourceBits = 1 << 20;  // 128 KiB a step at most; a few who are new are taken for known

/// The same in every process.
std::uint64_t bit_of(const ports::Rankings::Event& event) {
    const Hash256 hash = blake2b(fmt::format("{} {} {}", event.source, event.weight, event.key));
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < 8; ++i) bits = bits << 8 | hash[i];
    return bits % kSourceBits;
}

}  // namespace

std::string RedisRankings::name_of(Kind kind, std::int64_t step) const {
    // The braces keep the names of one script in one slot of a cluster.
    return fmt::format("{{{}:rank}}:{}:{}", options_.prefix, static_cast<int>(kind), step);
}

void RedisRankings::record(Event event) {
    if (event.key.empty() || event.key.size() > kKeyBytesMax || event.weight < 1) return;
    const std::string name = name_of(event.kind, step_now());
    const std::int64_t bit = event.source == 0 ? -1 : static_cast<std::int64_t>(bit_of(event));
    const auto kept = std::chrono::duration_cast<seconds>(options_.step * (options_.steps + 1)) + seconds{1};
    redis_.send({"EVAL", kRecord, "2", name, name + ":by", event.key,
                 std::to_string(std::min<std::int64_t>(event.weight, 1'000'000)), std::to_string(bit),
                 std::to_string(options_.keys_per_step), std::to_string(kept.count())});
}

auto RedisRankings::top(Kind kind, std::size_t keys_max) -> Answer<std::vector<Ranked>> {
    const std::int64_t newest = step_now();
    std::vector<std::string> command{"ZUNION", std::to_string(options_.steps)};
    for (std::size_t i = 0; i < options_.steps; ++i)
        command.push_back(name_of(kind, newest - static_cast<std::int64_t>(i)));
    command.emplace_back("WITHSCORES");
    const auto reply = co_await redis_.run(std::move(command));
    if (!reply || reply->kind != RedisReply::Kind::list) co_return fail(Error::unavailable);
    std::vector<Ranked> ranked;
    for (std::size_t i = 0; i + 1 < reply->list.size(); i += 2) {
        double score = 0;
        const std::string& text = reply->list[i + 1].text;
        std::from_chars(text.data(), text.data() + text.size(), score);
        ranked.push_back({reply->list[i].text, std::llround(score)});
    }
    co_return best_ranked(std::move(ranked), keys_max);
}

}  // namespace marketday::adapters
