#include "adapters/distributed/redis_shared_cache.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::adapters {

Task<std::optional<std::string>> RedisSharedCache::find(std::string name) {
    MD_ASSERT(name.size() <= kNameBytesMax);
    std::vector<std::string> command{"GET", name_of(name)};
    auto reply = co_await redis_.run(std::move(command));
    if (!reply || reply->kind != RedisReply::Kind::text) co_return std::nullopt;
    co_return std::move(reply->text);
}

void RedisSharedCache::keep(std::string name, std::string bytes, milliseconds at_most) {
    MD_ASSERT(name.size() <= kNameBytesMax);
    if (bytes.size() > kBytesMax) return;
    const auto lives = std::max<milliseconds>(at_most, milliseconds{1});
    redis_.send({"SET", name_of(name), std::move(bytes), "PX", std::to_string(lives.count())});
}

void RedisSharedCache::forget(std::string name) { redis_.send({"UNLINK", name_of(name)}); }

}  // namespace marketday::adapters
