#include "adapters/distributed/nats_stream_api.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <sstream>

#include "base/text.hpp"

namespace marketday::adapters::nats_stream {
namespace {

namespace json = boost::json;

constexpr std::chrono::nanoseconds kRepeatsKnownFor = std::chrono::hours{1};

std::optional<json::object> parse(std::string_view answer) {
    boost::system::error_code error;
    auto value = json::parse(answer, error);
    if (error || !value.is_object()) return std::nullopt;
    return std::move(value.get_object());
}
const json::object* member(const json::object& of, std::string_view name) {
    const auto* value = of.if_contains(name);
    return value != nullptr && value->is_object() ? &value->get_object() : nullptr;
}
std::int64_t number(const json::object* of, std::string_view name) {
    const auto* value = of == nullptr ? nullptr : of->if_contains(name);
    if (value == nullptr) return 0;
    if (value->is_int64()) return value->get_int64();
    return value->is_uint64() ? static_cast<std::int64_t>(value->get_uint64()) : 0;
}
std::string text(const json::object* of, std::string_view name) {
    const auto* value = of == nullptr ? nullptr : of->if_contains(name);
    return value != nullptr && value->is_string() ? std::string{value->get_string()} : std::string{};
}

std::string from_base64(std::string encoded) {
    std::ranges::replace(encoded, '+', '-');
    std::ranges::replace(encoded, '/', '_');
    while (encoded.ends_with('=')) encoded.pop_back();
    const auto bytes = from_base64url(encoded);
    return bytes ? std::string{bytes->begin(), bytes->end()} : std::string{};
}

/// "2026-11-21T19:27:53.199923798Z"; the epoch when it is nothing like that.
WallTime time_of(const std::string& text_of_time) {
    std::istringstream input{text_of_time};
    std::tm parts{};
    char separator = 0;
    input >> parts.tm_year >> separator >> parts.tm_mon >> separator >> parts.tm_mday >> separator >> parts.tm_hour >>
        separator >> parts.tm_min >> separator >> parts.tm_sec;
    using namespace std::chrono;
    const sys_days day{year{parts.tm_year} / parts.tm_mon / parts.tm_mday};
    const auto at = day + hours{parts.tm_hour} + minutes{parts.tm_min} + seconds{parts.tm_sec};
    return from_unix_ms(duration_cast<milliseconds>(at.time_since_epoch()).count());
}

ConsumerState state_of(const json::object& consumer) {
    const auto* config = member(consumer, "config");
    ConsumerState state{.name = text(&consumer, "name"),
                        .delivered = number(member(consumer, "delivered"), "stream_seq"),
                        .floor = number(member(consumer, "ack_floor"), "stream_seq"),
                        .unacknowledged = number(&consumer, "num_ack_pending"),
                        .pending = number(&consumer, "num_pending"),
                        .subjects = {},
                        .from_beginning = text(config, "deliver_policy") != "new"};
    const auto* subjects = config == nullptr ? nullptr : config->if_contains("filter_subjects");
    if (subjects != nullptr && subjects->is_array())
        for (const auto& subject : subjects->get_array())
            if (subject.is_string()) state.subjects.emplace_back(subject.get_string());
    if (const std::string one = text(config, "filter_subject"); !one.empty()) state.subjects.push_back(one);
    return state;
}

}  // namespace

Refusal refusal_of(std::string_view answer) {
    const auto object = parse(answer);
    if (!object) return Refusal::other;
    const auto* error = member(*object, "error");
    if (error == nullptr) return Refusal::none;
    // The server's error codes: https://github.com/nats-io/nats-server/blob/main/server/errors.json
    switch (number(error, "err_code")) {
        case 10059: return Refusal::no_stream;
        case 10014: return Refusal::no_consumer;
        case 10037: return Refusal::no_message;
        case 10058: return Refusal::already;
        default: return Refusal::other;
    }
}

std::string create_stream(const std::string& stream, std::int64_t replicas) {
    return json::serialize(json::object{{"name", stream},
                                        {"subjects", json::array{stream + ".>"}},
                                        {"retention", "limits"},
                                        {"storage", "file"},
                                        {"discard", "new"},
                                        {"num_replicas", replicas},
                                        {"duplicate_window", kRepeatsKnownFor.count()},
                                        {"allow_direct", true}});
}

std::string create_consumer(const std::string& stream, const ports::EventBus::Group& group, bool from_beginning) {
    json::array subjects;
    for (const auto& topic : group.topics) subjects.emplace_back(stream + "." + topic);
    const std::chrono::nanoseconds ack_within = group.ack_within;
    json::object config{{"durable_name", group.name},
                        {"name", group.name},
                        {"ack_policy", "explicit"},
                        {"ack_wait", ack_within.count()},
                        {"deliver_policy", from_beginning ? "all" : "new"},
                        {"filter_subjects", std::move(subjects)},
                        {"max_ack_pending", 1000},
                        {"max_deliver", -1}};  // the adapter counts, and sets aside what nobody could deal with
    return json::serialize(json::object{{"stream_name", stream}, {"config", std::move(config)}});
}

std::string next_messages(std::size_t messages_max) {
    return json::serialize(json::object{{"batch", messages_max}, {"no_wait", true}});
}
std::string list_from(std::int64_t offset) { return json::serialize(json::object{{"offset", offset}}); }
std::string message_at(std::int64_t sequence) { return json::serialize(json::object{{"seq", sequence}}); }
std::string message_after(std::int64_t sequence, const std::string& subject) {
    return json::serialize(json::object{{"seq", sequence}, {"next_by_subj", subject}});
}
std::string purge_below(std::int64_t sequence) { return json::serialize(json::object{{"seq", sequence}}); }
std::string not_yet() { return "-NAK"; }

std::optional<Published> published(std::string_view answer) {
    const auto object = parse(answer);
    if (!object || object->contains("error") || number(&*object, "seq") == 0) return std::nullopt;
    const auto* duplicate = object->if_contains("duplicate");
    return Published{number(&*object, "seq"), duplicate != nullptr && duplicate->is_bool() && duplicate->get_bool()};
}

std::optional<StreamState> stream_state(std::string_view answer) {
    const auto object = parse(answer);
    const auto* state = object ? member(*object, "state") : nullptr;
    if (state == nullptr) return std::nullopt;
    return StreamState{time_of(text(&*object, "created")), number(state, "first_seq"), number(state, "last_seq"),
                       number(state, "messages")};
}

std::optional<ConsumerState> consumer_state(std::string_view answer) {
    const auto object = parse(answer);
    if (!object || member(*object, "config") == nullptr) return std::nullopt;
    return state_of(*object);
}

std::optional<ConsumerPage> consumers(std::string_view answer) {
    const auto object = parse(answer);
    if (!object || object->contains("error")) return std::nullopt;
    ConsumerPage page{.consumers = {}, .total = number(&*object, "total")};
    const auto* list = object->if_contains("consumers");
    if (list != nullptr && list->is_array())
        for (const auto& one : list->get_array())
            if (one.is_object()) page.consumers.push_back(state_of(one.get_object()));
    return page;
}

std::optional<Stored> stored_message(std::string_view answer) {
    const auto object = parse(answer);
    const auto* message = object ? member(*object, "message") : nullptr;
    if (message == nullptr) return std::nullopt;
    Stored stored{.sequence = number(message, "seq"),
                  .subject = text(message, "subject"),
                  .id = {},
                  .body = from_base64(text(message, "data")),
                  .at = time_of(text(message, "time"))};
    const std::string headers = from_base64(text(message, "hdrs"));
    constexpr std::string_view kId = "\r\nNats-Msg-Id:";
    if (const auto at = headers.find(kId); at != std::string::npos) {
        const auto begin = headers.find_first_not_of(' ', at + kId.size());
        stored.id = headers.substr(begin, headers.find("\r\n", begin) - begin);
    }
    return stored;
}

std::optional<std::int64_t> purged(std::string_view answer) {
    const auto object = parse(answer);
    if (!object || object->contains("error")) return std::nullopt;
    return number(&*object, "purged");
}

std::optional<Delivered> delivered(std::string_view acknowledge_to) {
    std::vector<std::string_view> words;
    while (!acknowledge_to.empty()) {
        const auto end = acknowledge_to.find('.');
        words.push_back(acknowledge_to.substr(0, end));
        acknowledge_to.remove_prefix(end == std::string_view::npos ? acknowledge_to.size() : end + 1);
    }
    if (words.size() < 9 || words[0] != "$JS" || words[1] != "ACK") return std::nullopt;
    const std::size_t first = words.size() == 9 ? 4 : 6;
    const auto to_number = [](std::string_view word) {
        std::int64_t value = 0;
        std::from_chars(word.data(), word.data() + word.size(), value);
        return value;
    };
    const Delivered found{to_number(words[first + 1]), to_number(words[first])};
    if (found.sequence <= 0 || found.deliveries <= 0) return std::nullopt;
    return found;
}

}  // namespace marketday::adapters::nats_stream
