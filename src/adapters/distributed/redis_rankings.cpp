#include "adapters/distributed/redis_rankings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <utility>

#include "adapters/stored/best_ranked.hpp"
#include "base/hash.hpp"

namespace marketday::adapters {
namespace {

// KEYS: the step's keys, its sources. ARGV: keys at most, seconds to live, then of each event: key, weight, the
// source's bit or -1.
constexpr const char* kRecord = R"lua(
local sums, keys = {}, {}
for i = 3, #ARGV, 3 do
    local key, bit = ARGV[i], tonumber(ARGV[i + 2])
    if bit < 0 or redis.call('SETBIT', KEYS[2], bit, 1) == 0 then
        if not sums[key] then
            sums[key] = 0
            keys[#keys + 1] = key
        end
        sums[key] = sums[key] + tonumber(ARGV[i + 1])
    end
end
for _, key in ipairs(keys) do
    local score = sums[key]
    if not redis.call('ZSCORE', KEYS[1], key) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
        score = score + tonumber(redis.call('ZPOPMIN', KEYS[1])[2])
    end
    redis.call('ZINCRBY', KEYS[1], score, key)
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('EXPIRE', KEYS[2], ARGV[2])
return #keys
)lua";

constexpr std::size_t kEventsOfCommandMax =
    1000;  // so that no script keeps the server for longer than a millisecond or so
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

RedisRankings::RedisRankings(RedisClient& redis, Options options, const Clock& clock)
    : redis_(redis), options_(std::move(options)), clock_(clock), thread_([this] { send_in_time(); }) {}

RedisRankings::~RedisRankings() {
    {
        const std::scoped_lock lock(mutex_);
        ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void RedisRankings::record(Event event) {
    if (event.key.empty() || event.key.size() > kKeyBytesMax || event.weight < 1) return;
    const std::int64_t bit = event.source == 0 ? -1 : static_cast<std::int64_t>(bit_of(event));
    const std::int64_t weight = std::min<std::int64_t>(event.weight, 1'000'000);
    const std::int64_t step = step_now();
    const std::scoped_lock lock(mutex_);
    if (gathered_.size() >= options_.gathered_max) return;
    gathered_.push_back({event.kind, std::move(event.key), weight, bit, step});
    if (gathered_.size() == 1 || gathered_.size() == kEventsOfCommandMax) changed_.notify_one();
}

void RedisRankings::send_in_time() {
    std::unique_lock lock(mutex_);
    while (!ended_) {
        changed_.wait(lock, [this] { return ended_ || !gathered_.empty(); });
        changed_.wait_for(lock, options_.gather, [this] { return ended_ || gathered_.size() >= kEventsOfCommandMax; });
        lock.unlock();
        send_gathered();
        lock.lock();
    }
}

void RedisRankings::send_gathered() {
    const std::scoped_lock sends(sending_);
    std::vector<Gathered> gathered;
    {
        const std::scoped_lock lock(mutex_);
        gathered.swap(gathered_);
    }
    const auto kept = std::chrono::duration_cast<seconds>(options_.step * (options_.steps + 1)) + seconds{1};
    std::map<std::string, std::vector<std::string>> commands;
    const auto send = [this](std::vector<std::string>& command) {
        if (!command.empty()) redis_.send(std::exchange(command, {}));
    };
    for (auto& event : gathered) {
        const std::string name = name_of(event.kind, event.step);
        auto& command = commands[name];
        if (command.empty())
            command = {"EVAL",
                       kRecord,
                       "2",
                       name,
                       name + ":by",
                       std::to_string(options_.keys_per_step),
                       std::to_string(kept.count())};
        command.push_back(std::move(event.key));
        command.push_back(std::to_string(event.weight));
        command.push_back(std::to_string(event.bit));
        if (command.size() > 3 * kEventsOfCommandMax) send(command);
    }
    for (auto& [name, command] : commands) send(command);
}

auto RedisRankings::top(Kind kind, std::size_t keys_max) -> Answer<std::vector<Ranked>> {
    send_gathered();
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
