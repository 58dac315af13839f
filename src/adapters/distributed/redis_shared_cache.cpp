#include "adapters/distributed/redis_shared_cache.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::adapters {

Task<std::vector<std::optional<std::string>>> RedisSharedCache::find_all(std::vector<std::string> names) {
    MD_ASSERT(!names.empty() && names.size() <= kNamesMax);
    std::vector<std::string> command{"MGET"};
    for (const auto& name : names) {
        MD_ASSERT(name.size() <= kNameBytesMax);
        command.push_back(name_of(name));
    }
    auto reply = co_await redis_.run(std::move(command));
    std::vector<std::optional<std::string>> found(names.size());
    if (!reply || reply->list.size() != names.size()) co_return found;
    for (std::size_t i = 0; i < found.size(); ++i)
        if (reply->list[i].kind == RedisReply::Kind::text) found[i] = std::move(reply->list[i].text);
    co_return found;
}

void RedisSharedCache::keep(std::string name, std::string bytes, milliseconds at_most) {
    MD_ASSERT(name.size() <= kNameBytesMax);
    if (bytes.size() > kBytesMax) return;
    const auto lives = std::max<milliseconds>(at_most, milliseconds{1});
    redis_.send({"SET", name_of(name), std::move(bytes), "PX", std::to_string(lives.count())});
}

void RedisSharedCache::forget(std::string name) { redis_.send({"UNLINK", name_of(name)}); }

}  // namespace marketday::adapters
