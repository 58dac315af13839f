#pragma once

#include <atomic>

#include "adapters/distributed/redis_client.hpp"
#include "ports/shared_cache.hpp"

namespace marketday::adapters {

/// The shared cache in Redis: a string for each name, which expires by itself. An answer takes as long as the client's
/// `within` at most.
class RedisSharedCache final : public ports::SharedCache {
public:
    struct Options {
        std::string prefix = "marketday";  // of the names of its keys; one for each shop of a server
    };
    RedisSharedCache(RedisClient& redis, Options options) : redis_(redis), options_(std::move(options)) {}

    Task<std::vector<std::optional<std::string>>> find_all(std::vector<std::string> names) override;
    void keep(std::string name, std::string bytes, milliseconds at_most) override;
    void forget(std::string name) override;

private:
    std::string name_of(const std::string& name) const { return options_.prefix + ":cache:" + name; }

    RedisClient& redis_;
    Options options_;
};

}  // namespace marketday::adapters
