#include "adapters/distributed/nats_event_bus.hpp"

#include <algorithm>
#include <chrono>

#include "adapters/distributed/nats_stream_api.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;
using Error = Bus::Error;
using Kind = NatsConnection::Reply::Kind;
using nats_stream::Refusal;

constexpr std::size_t kHeaderBytes = 256;  // what a message's id and its name take of the size that is allowed

constexpr std::string_view kToldTopic = "products";  // what is told to every process besides

/// Not one of the stream's own: with somebody who hears those, the server would not tell any more that there is no
/// stream to take a message.
std::string heard_subject(const std::string& stream, const std::string& topic) { return stream + "-heard." + topic; }

Instant steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace

NatsEventBus::NatsEventBus(PostgresDatabase& database, const Clock& clock, Options options)
    : options_(std::move(options)),
      clock_(clock),
      aside_(database, clock),
      keeper_(database, clock),
      nats_(options_.connection),
      pool_({.name = "nats", .threads = options_.threads, .waiting_max = 256}) {}

Task<std::vector<NatsEventBus::Reply>> NatsEventBus::ask(std::vector<Request> requests) {
    const std::size_t count = requests.size();
    auto work = [this, asked = std::move(requests)]() mutable { return nats_.ask(std::move(asked), options_.within); };
    auto replies = co_await blocking(pool_, std::move(work));
    co_return replies ? std::move(*replies) : std::vector<Reply>(count);
}

Task<NatsEventBus::Reply> NatsEventBus::ask_one(std::string subject, std::string body) {
    std::vector<Request> one;
    one.push_back({std::move(subject), std::move(body)});
    auto replies = co_await ask(std::move(one));
    co_return std::move(replies.front());
}

NatsEventBus::Error NatsEventBus::failed(Kind kind) {
    figures_.failures.fetch_add(1);
    return kind == Kind::unknown ? Error::outcome_unknown : Error::unavailable;
}

std::optional<Bus::Group> NatsEventBus::known(const std::string& group) {
    const std::scoped_lock lock(mutex_);
    const auto found = groups_.find(group);
    return found == groups_.end() ? std::nullopt : std::optional{found->second.group};
}

std::optional<NatsEventBus::GivenOut> NatsEventBus::take_given_out(const std::string& group, std::int64_t position) {
    const std::scoped_lock lock(mutex_);
    const auto found = groups_.find(group);
    if (found == groups_.end()) return std::nullopt;
    auto node = found->second.given_out.extract(position);
    return node.empty() ? std::nullopt : std::optional{std::move(node.mapped())};
}

Bus::Answer<std::monostate> NatsEventBus::ensure_stream(bool by_relay) {
    const auto info = co_await ask_one("$JS.API.STREAM.INFO." + options_.stream, "");
    if (info.kind != Kind::answered) co_return fail(failed(info.kind));
    if (const auto state = nats_stream::stream_state(info.body)) {
        stream_made_ms_ = to_unix_ms(state->made_at);
        co_return std::monostate{};
    }
    if (nats_stream::refusal_of(info.body) != Refusal::no_stream) co_return fail(failed(Kind::nobody));
    const auto kept = co_await keeper_.send_all_again();
    if (!kept) co_return fail(kept.error());
    // Only the relay knows that nobody is about to note something as sent that went with the old stream.
    if (*kept && !by_relay) co_return fail(Error::unavailable);
    const auto made = co_await ask_one("$JS.API.STREAM.CREATE." + options_.stream,
                                       nats_stream::create_stream(options_.stream, options_.replicas));
    if (made.kind != Kind::answered) co_return fail(failed(made.kind));
    const auto state = nats_stream::stream_state(made.body);
    if (state) stream_made_ms_ = to_unix_ms(state->made_at);
    if (!state && nats_stream::refusal_of(made.body) != Refusal::already) {
        log::error("events.stream.refused", {{"stream", options_.stream}, {"answer", made.body.substr(0, 300)}});
        co_return fail(failed(Kind::nobody));
    }
    if (*kept) figures_.begun_anew.fetch_add(1);
    log::info("events.stream.made", {{"stream", options_.stream}, {"sent_again", *kept}});
    // What the relay holds in its hand is sent again in its place, behind what is older.
    if (*kept) co_return fail(Error::unavailable);
    co_return std::monostate{};
}

Bus::Answer<std::monostate> NatsEventBus::publish(std::vector<Message> messages, ports::Fence fence) {
    // A relay that is replaced between this and the end sends what its successor sends too, under the same ids.
    const auto held = co_await keeper_.holds(std::move(fence));
    if (!held) co_return fail(held.error());
    if (!*held) co_return fail(Error::fenced);
    std::vector<Message> oversized;
    std::vector<Request> requests;
    std::vector<Request> told;
    for (auto& message : messages) {
        if (message.body.size() + kHeaderBytes > nats_.payload_bytes_max()) {
            oversized.push_back(std::move(message));
            continue;
        }
        if (message.topic == kToldTopic) told.push_back({heard_subject(options_.stream, message.topic), message.body});
        requests.push_back({subject_of(message.topic), std::move(message.body), std::move(message.id)});
    }
    if (!oversized.empty()) {
        figures_.oversized.fetch_add(oversized.size());
        const auto given = co_await keeper_.give_to_groups(std::move(oversized));
        if (!given) co_return fail(given.error());
    }
    if (requests.empty()) co_return std::monostate{};
    const auto replies = co_await ask(std::move(requests));
    Kind worst = Kind::answered;
    for (const Reply& reply : replies) {
        if (reply.kind == Kind::answered && nats_stream::published(reply.body)) {
            figures_.published.fetch_add(1);
            continue;
        }
        if (reply.kind == Kind::answered) log::warn("events.publish.refused", {{"answer", reply.body.substr(0, 300)}});
        worst = reply.kind == Kind::unknown || worst == Kind::unknown ? Kind::unknown : Kind::nobody;
    }
    if (worst == Kind::answered) {
        if (told.empty()) co_return std::monostate{};
        // Nobody answers that, so there is nothing to wait for.
        auto tell = [this, told = std::move(told)] { return nats_.ask(told, milliseconds{0}).size(); };
        (void)co_await blocking(pool_, std::move(tell));
        co_return std::monostate{};
    }
    if (worst == Kind::nobody) {
        const auto made = co_await ensure_stream(true);
        if (!made) co_return fail(made.error());
    }
    co_return fail(failed(worst));
}

Bus::Answer<std::monostate> NatsEventBus::ensure_consumer(Group group) {
    const auto there = co_await ensure_stream(false);
    if (!there) co_return fail(there.error());
    const std::string place = options_.stream + "." + group.name;
    const auto info = co_await ask_one("$JS.API.CONSUMER.INFO." + place, "");
    if (info.kind != Kind::answered) co_return fail(failed(info.kind));
    // Where it begins cannot be changed.
    const auto state = nats_stream::consumer_state(info.body);
    const bool from_beginning = state ? state->from_beginning : group.from_beginning;
    auto wanted = nats_stream::create_consumer(options_.stream, group, from_beginning);
    const auto made = co_await ask_one("$JS.API.CONSUMER.CREATE." + place, std::move(wanted));
    if (made.kind != Kind::answered) co_return fail(failed(made.kind));
    if (nats_stream::consumer_state(made.body)) co_return std::monostate{};
    log::error("events.consumer.refused", {{"group", group.name}, {"answer", made.body.substr(0, 300)}});
    co_return fail(failed(Kind::nobody));
}

Bus::Answer<std::monostate> NatsEventBus::ensure_group(Group group) {
    const auto kept = co_await keeper_.ensure_group(group);
    if (!kept) co_return fail(kept.error());
    const auto made = co_await ensure_consumer(group);
    if (!made) co_return fail(made.error());
    const std::scoped_lock lock(mutex_);
    groups_[group.name].group = std::move(group);
    co_return std::monostate{};
}

/// Nobody could deal with it, or it is given once more.
Bus::Answer<std::monostate> NatsEventBus::bury_or_give(const Group& group, NatsConnection::Message message,
                                                       std::vector<Delivery>& given) {
    const auto delivered = nats_stream::delivered(message.reply_to);
    if (!delivered) co_return std::monostate{};
    const std::int64_t position = position_of(delivered->sequence);
    Message read{.id = std::move(message.message_id),
                 .topic = message.subject.substr(std::min(message.subject.size(), options_.stream.size() + 1)),
                 .body = std::move(message.body)};
    if (read.id.empty()) read.id = "stream-" + std::to_string(delivered->sequence);
    if (delivered->deliveries > group.deliveries_max) {
        Delivery last{position, std::move(read), group.deliveries_max};
        const auto aside = co_await keeper_.set_aside(group.name, std::move(last), "never acknowledged");
        if (!aside) co_return fail(aside.error());
        figures_.set_aside.fetch_add(1);
        (void)co_await ask_one(std::move(message.reply_to), "+ACK");
        co_return std::monostate{};
    }
    given.push_back({position, read, delivered->deliveries});
    figures_.delivered.fetch_add(1);
    const std::scoped_lock lock(mutex_);
    groups_[group.name].given_out[position] = {std::move(message.reply_to), std::move(read), delivered->deliveries,
                                               steady_now() + group.ack_within};
    co_return std::monostate{};
}

Bus::Answer<std::vector<Bus::Delivery>> NatsEventBus::pull_stream(Group group, std::size_t messages_max) {
    {
        const std::scoped_lock lock(mutex_);
        std::erase_if(groups_[group.name].given_out, [](const auto& one) { return one.second.until < steady_now(); });
    }
    auto work = [this, name = group.name, messages_max] {
        return nats_.fetch("$JS.API.CONSUMER.MSG.NEXT." + options_.stream + "." + name,
                           nats_stream::next_messages(messages_max), messages_max, options_.within);
    };
    auto fetched = co_await blocking(pool_, std::move(work));
    if (!fetched) co_return fail(Error::unavailable);
    std::vector<Delivery> given;
    for (auto& message : fetched->messages) {
        const auto taken = co_await bury_or_give(group, std::move(message), given);
        if (!taken) co_return fail(taken.error());
    }
    if (!given.empty() || fetched->kind == Kind::answered) co_return given;
    if (fetched->kind == Kind::nobody) {
        // The server has lost the group, or is not ready yet.
        const auto made = co_await ensure_consumer(std::move(group));
        if (made) co_return given;
    }
    co_return fail(failed(fetched->kind));
}

Bus::Answer<std::vector<Bus::Delivery>> NatsEventBus::pull(std::string group, std::size_t messages_max) {
    auto wanted = known(group);
    if (!wanted) co_return fail(Error::no_such_group);
    auto given = co_await aside_.pull(group, messages_max);
    if (!given) co_return given;
    if (given->size() >= messages_max) co_return given;
    auto fresh = co_await pull_stream(std::move(*wanted), messages_max - given->size());
    if (!fresh && given->empty()) co_return fresh;
    if (fresh) std::ranges::move(*fresh, std::back_inserter(*given));
    if (fresh && given->empty()) co_await note_caught_up(std::move(group));
    co_return given;
}

/// So that others can tell from the database alone that the group has dealt with all there is.
Task<void> NatsEventBus::note_caught_up(std::string group) {
    const auto head = co_await keeper_.to_catch_up(group);
    if (!head || !*head) co_return;
    const auto info = co_await ask_one("$JS.API.CONSUMER.INFO." + options_.stream + "." + group, "");
    const auto state = nats_stream::consumer_state(info.body);
    if (!state || state->pending > 0 || state->unacknowledged > 0) co_return;
    (void)co_await keeper_.caught_up(std::move(group), **head);
}

Bus::Answer<std::monostate> NatsEventBus::acknowledge(std::string group, std::vector<std::int64_t> positions) {
    std::vector<std::int64_t> aside;
    std::vector<Request> requests;
    for (const auto position : positions) {
        // What the stream gave out too long ago is neither there nor here, and comes again.
        auto given = take_given_out(group, position);
        if (given)
            requests.push_back({std::move(given->acknowledge_to), "+ACK"});
        else
            aside.push_back(position);
    }
    if (!aside.empty()) {
        const auto done = co_await aside_.acknowledge(std::move(group), std::move(aside));
        if (!done) co_return fail(done.error());
    }
    const auto replies = co_await ask(std::move(requests));
    for (const Reply& reply : replies)
        if (reply.kind != Kind::answered) co_return fail(failed(reply.kind));
    co_return std::monostate{};
}

Bus::Answer<std::monostate> NatsEventBus::reject(std::string group, std::int64_t position, std::string reason) {
    auto given = take_given_out(group, position);
    if (!given) co_return co_await aside_.reject(std::move(group), position, std::move(reason));
    Delivery delivery{position, std::move(given->message), given->deliveries};
    const auto kept = co_await keeper_.set_aside(std::move(group), std::move(delivery), std::move(reason));
    if (!kept) co_return fail(kept.error());  // It comes again by the stream.
    figures_.set_aside.fetch_add(1);
    (void)co_await ask_one(std::move(given->acknowledge_to), "+ACK");
    co_return std::monostate{};
}

void NatsEventBus::hear(const std::string& topic, Executor& executor, std::function<void(std::string body)> heard) {
    nats_.hear(heard_subject(options_.stream, topic), [this, &executor, heard = std::move(heard)](std::string body) {
        figures_.heard.fetch_add(1);
        executor.soon([heard, body = std::move(body)]() mutable { heard(std::move(body)); });
    });
}

}  // namespace marketday::adapters
