#include "usecases/relay.hpp"

#include <span>

#include "base/hash.hpp"
#include "base/text.hpp"

namespace marketday::usecases {

// Each holds the events of a whole batch of orders: the writer has others to serve.
constexpr std::size_t kMessagesMax = 8;
constexpr std::size_t kForgetMax = 1000;

/// Position and content: a store brought back from a backup counts its positions again, with other events.
static std::string message_id(const ports::OrderBook::OutboxMessage& message) {
    const Hash256 hash = blake2b(message.events_json);
    return "outbox-" + std::to_string(message.position) + "-" + to_hex(std::span{hash}.first(8));
}

Task<JobTurn> Relay::run(ports::Fence fence) {
    auto waiting = co_await book_.outbox(0, kMessagesMax);
    if (!waiting) co_return JobTurn{.failed = true};
    if (waiting->empty()) co_return JobTurn{};
    const JobTurn turn{.items = waiting->size(), .more = waiting->size() == kMessagesMax};
    const std::int64_t last = waiting->back().position;
    std::vector<ports::EventBus::Message> messages;
    for (auto& message : *waiting) {
        auto id = message_id(message);
        messages.push_back({std::move(id), std::move(message.topic), std::move(message.events_json)});
    }
    const auto published = co_await bus_.publish(std::move(messages), std::move(fence));
    if (!published) co_return JobTurn{.failed = true};
    const auto sent = co_await book_.outbox_sent(last);
    if (!sent) co_return JobTurn{.failed = true};
    co_return turn;
}

Task<JobTurn> ForgetEvents::run(ports::Fence fence) {
    const WallTime before = clock_.wall_now() - options_.keep;
    auto same_fence = fence;
    const auto messages = co_await bus_.purge(before, kMessagesMax, std::move(same_fence));
    const auto events = co_await memory_.forget(before, kForgetMax, std::move(fence));
    if (!messages || !events) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = *messages + *events, .more = *messages == kMessagesMax || *events == kForgetMax};
}

}  // namespace marketday::usecases
