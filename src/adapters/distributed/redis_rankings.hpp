#pragma once

#include "adapters/distributed/redis_client.hpp"
#include "ports/rankings.hpp"

namespace marketday::adapters {

/// Rankings that all processes of a shop share: a ring of steps in Redis, each a sorted set of its heaviest keys
/// (Space-Saving, so a score is never too low and at most total / keys_per_step too high), and a bit for who counted
/// for what. Everything there expires by itself. The newest step counts while it fills, the oldest falls out whole.
class RedisRankings final : public ports::Rankings {
public:
    struct Options {
        std::string prefix = "marketday";  // of the names of its keys; one for each shop of a server
        milliseconds step = std::chrono::minutes{5};
        std::size_t steps = 12;
        std::size_t keys_per_step = 256;
    };
    RedisRankings(RedisClient& redis, Options options, const Clock& clock)
        : redis_(redis), options_(std::move(options)), clock_(clock) {}

    void record(Event event) override;
    Answer<std::vector<Ranked>> top(Kind kind, std::size_t keys_max) override;

private:
    std::int64_t step_now() const { return to_unix_ms(clock_.wall_now()) / options_.step.count(); }
    std::string name_of(Kind kind, std::int64_t step) const;

    RedisClient& redis_;
    Options options_;
    const Clock& clock_;
};

}  // namespace marketday::adapters
