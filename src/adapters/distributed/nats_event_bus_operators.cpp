// What operators see and do of the bus, and its upkeep.

#include <algorithm>

#include "adapters/distributed/nats_event_bus.hpp"
#include "adapters/distributed/nats_stream_api.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;
using Kind = NatsConnection::Reply::Kind;
using nats_stream::ConsumerState;

/// Up to which sequence a group is done with the stream, which held `last` before the group was asked.
std::int64_t done_up_to(const ConsumerState& group, std::int64_t last) {
    if (group.unacknowledged > 0) return group.floor;
    return group.pending > 0 ? std::min(group.delivered, last) : last;
}

}  // namespace

Bus::Answer<std::vector<Bus::DeadLetter>> NatsEventBus::dead_letters(std::string group, std::int64_t before_position,
                                                                     std::size_t letters_max) {
    return aside_.dead_letters(std::move(group), before_position, letters_max);
}

Bus::Answer<bool> NatsEventBus::revive(std::string group, std::int64_t position) {
    return aside_.revive(std::move(group), position);
}

Bus::Answer<std::vector<ConsumerState>> NatsEventBus::consumers() {
    std::vector<ConsumerState> all;
    for (std::int64_t offset = 0;;) {
        const auto reply = co_await ask_one("$JS.API.CONSUMER.LIST." + options_.stream, nats_stream::list_from(offset));
        if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
        auto page = nats_stream::consumers(reply.body);
        if (!page) co_return fail(failed(Kind::nobody));
        offset += static_cast<std::int64_t>(page->consumers.size());
        std::ranges::move(page->consumers, std::back_inserter(all));
        if (page->consumers.empty() || offset >= page->total) co_return all;
    }
}

Bus::Answer<std::vector<Bus::Waiting>> NatsEventBus::not_given_out(std::string group, std::string subject,
                                                                   std::int64_t after, std::size_t messages_max) {
    std::vector<Waiting> found;
    while (found.size() < messages_max) {
        const auto reply = co_await ask_one("$JS.API.STREAM.MSG.GET." + options_.stream,
                                            nats_stream::message_after(after + 1, subject));
        if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
        auto stored = nats_stream::stored_message(reply.body);
        if (!stored) break;
        after = stored->sequence;
        found.push_back({.position = position_of(stored->sequence),
                         .group = group,
                         .message = {std::move(stored->id), stored->subject.substr(options_.stream.size() + 1),
                                     std::move(stored->body)},
                         .deliveries = 0,
                         .reason = {},
                         .due_at = std::nullopt});
    }
    co_return found;
}

std::vector<Bus::Waiting> NatsEventBus::given_out_here(const std::string& of, const std::string& topic,
                                                       std::int64_t after) {
    std::vector<Waiting> found;
    const std::scoped_lock lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    for (const auto& [group, known] : groups_) {
        if (!of.empty() && of != group) continue;
        for (const auto& [position, given] : known.given_out) {
            if (position <= after || (!topic.empty() && topic != given.message.topic)) continue;
            const auto left = std::chrono::duration_cast<milliseconds>(given.until - now);
            found.push_back({.position = position,
                             .group = group,
                             .message = given.message,
                             .deliveries = given.deliveries,
                             .reason = {},
                             .due_at = clock_.wall_now() + left});
        }
    }
    return found;
}

Bus::Answer<std::vector<Bus::Waiting>> NatsEventBus::waiting(std::string group, std::string topic,
                                                             std::int64_t after_position, std::size_t messages_max) {
    auto found = co_await aside_.waiting(group, topic, after_position, messages_max);
    if (!found) co_return found;
    std::ranges::move(given_out_here(group, topic, after_position), std::back_inserter(*found));
    const auto groups = co_await consumers();
    if (!groups) co_return fail(groups.error());
    for (const auto& one : *groups) {
        if ((!group.empty() && group != one.name) || one.pending == 0) continue;
        for (const auto& subject : one.subjects) {
            if (!topic.empty() && subject != subject_of(topic)) continue;
            const auto after = std::max(one.delivered, sequence_of(after_position));
            auto fresh = co_await not_given_out(one.name, subject, after, messages_max);
            if (!fresh) co_return fresh;
            std::ranges::move(*fresh, std::back_inserter(*found));
        }
    }
    std::ranges::stable_sort(*found, {}, &Waiting::position);
    if (found->size() > messages_max) found->resize(messages_max);
    co_return found;
}

Bus::Answer<bool> NatsEventBus::hurry(std::string group, std::int64_t position) {
    auto given = take_given_out(group, position);
    if (!given) co_return co_await aside_.hurry(std::move(group), position);
    const auto reply = co_await ask_one(std::move(given->acknowledge_to), nats_stream::not_yet());
    if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
    co_return true;
}

Bus::Answer<std::vector<Bus::Backlog>> NatsEventBus::backlogs() {
    auto found = co_await aside_.backlogs();
    if (!found) co_return found;
    const auto groups = co_await consumers();
    if (!groups) co_return fail(groups.error());
    for (const auto& one : *groups) {
        const auto place = std::ranges::find(*found, one.name, &Backlog::group);
        if (place != found->end()) place->waiting += one.pending + one.unacknowledged;
    }
    co_return found;
}

Bus::Answer<std::size_t> NatsEventBus::purge(WallTime before, std::size_t messages_max, ports::Fence fence) {
    const auto aside = co_await aside_.purge(before, messages_max, std::move(fence));
    if (!aside) co_return aside;
    const auto info = co_await ask_one("$JS.API.STREAM.INFO." + options_.stream, "");
    const auto stream = nats_stream::stream_state(info.body);
    if (!stream) co_return fail(failed(info.kind));
    const auto groups = co_await consumers();
    if (!groups) co_return fail(groups.error());
    std::int64_t end = std::min(stream->last, stream->first + static_cast<std::int64_t>(messages_max) - 1);
    for (const auto& one : *groups) end = std::min(end, done_up_to(one, stream->last));
    std::int64_t keep_from = stream->first;
    while (keep_from <= end) {
        const auto reply =
            co_await ask_one("$JS.API.STREAM.MSG.GET." + options_.stream, nats_stream::message_at(keep_from));
        if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
        const auto stored = nats_stream::stored_message(reply.body);
        if (stored && stored->at >= before) break;
        ++keep_from;
    }
    if (keep_from == stream->first) co_return *aside;
    const auto reply = co_await ask_one("$JS.API.STREAM.PURGE." + options_.stream, nats_stream::purge_below(keep_from));
    if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
    const auto purged = nats_stream::purged(reply.body);
    if (!purged) co_return fail(failed(Kind::nobody));
    co_return *aside + static_cast<std::size_t>(*purged);
}

}  // namespace marketday::adapters
