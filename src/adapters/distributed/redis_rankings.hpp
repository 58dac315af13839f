#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "adapters/distributed/redis_client.hpp"
#include "ports/rankings.hpp"

namespace marketday::adapters {

/// Rankings that all processes of a shop share: a ring of steps in Redis, each a sorted set of its heaviest keys
/// (Space-Saving, so a score is never too low and at most total / keys_per_step too high), and a bit for who counted
/// for what. Everything there expires by itself. The newest step counts while it fills, the oldest falls out whole.
/// What is recorded is gathered for a moment and sent as one command, on a thread of its own: a rush costs a script for
/// all, not one an order.
class RedisRankings final : public ports::Rankings {
public:
    struct Options {
        std::string prefix = "marketday";  // of the names of its keys; one for each shop of a server
        milliseconds step = std::chrono::minutes{5};
        std::size_t steps = 12;
        std::size_t keys_per_step = 256;
        milliseconds gather{100};           // how long what is recorded waits for more
        std::size_t gathered_max = 20'000;  // past it events are dropped
    };
    RedisRankings(RedisClient& redis, Options options, const Clock& clock);
    ~RedisRankings() override;
    RedisRankings(const RedisRankings&) = delete;
    RedisRankings& operator=(const RedisRankings&) = delete;

    void record(Event event) override;
    /// What was recorded here counts already.
    Answer<std::vector<Ranked>> top(Kind kind, std::size_t keys_max) override;

private:
    struct Gathered {
        Kind kind{};
        std::string key;
        std::int64_t weight = 0;
        std::int64_t bit = -1;  // of its source; -1 counts always
        std::int64_t step = 0;
    };
    void send_gathered();
    void send_in_time();
    std::int64_t step_now() const { return to_unix_ms(clock_.wall_now()) / options_.step.count(); }
    std::string name_of(Kind kind, std::int64_t step) const;

    RedisClient& redis_;
    Options options_;
    const Clock& clock_;
    std::mutex sending_;  // from when events are taken until they are sent; before mutex_
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Gathered> gathered_;
    bool ended_ = false;
    std::thread thread_;
};

}  // namespace marketday::adapters
