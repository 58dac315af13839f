#include "adapters/distributed/nats_connection.hpp"

#include <fmt/format.h>
#include <nats/nats.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using Reply = NatsConnection::Reply;

constexpr const char* kMessageId = "Nats-Msg-Id";

void check(natsStatus status, std::string_view what) {
    if (status != NATS_OK) throw std::runtime_error(fmt::format("events: {}: {}", what, natsStatus_GetText(status)));
}

template <class T, void (*Destroy)(T*)>
struct Destroyer {
    void operator()(T* object) const { Destroy(object); }
};
using OwnedOptions = std::unique_ptr<natsOptions, Destroyer<natsOptions, natsOptions_Destroy>>;
using OwnedMessage = std::unique_ptr<natsMsg, Destroyer<natsMsg, natsMsg_Destroy>>;
using OwnedSubscription = std::unique_ptr<natsSubscription, Destroyer<natsSubscription, natsSubscription_Destroy>>;

std::string inbox() {
    natsInbox* made = nullptr;
    if (natsInbox_Create(&made) != NATS_OK) throw std::bad_alloc{};
    std::string name{made};
    natsInbox_Destroy(made);
    return name;
}

std::string body_of(natsMsg* message) {
    return {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
}

/// "404", "408" …; empty for a message of somebody's.
std::string status_of(natsMsg* message) {
    const char* value = nullptr;
    if (natsMsg_GetDataLength(message) > 0 || natsMsgHeader_Get(message, "Status", &value) != NATS_OK) return {};
    return value;
}

/// Why there is no connection, and what to do when it is for want of trust. Asks once more, since a connection that is
/// to be tried for ever does not tell.
std::string why_not(natsOptions* options) {
    check(natsOptions_SetRetryOnFailedConnect(options, false, nullptr, nullptr), "handler");
    natsConnection* made = nullptr;
    const natsStatus status = natsConnection_Connect(&made, options);
    if (status == NATS_OK) {
        natsConnection_Close(made);
        natsConnection_Destroy(made);
    }
    const char* said = nats_GetLastError(nullptr);
    std::string why = said == nullptr || *said == '\0' ? natsStatus_GetText(status) : said;
    if (status == NATS_SSL_ERROR)
        why += "; events_server.tls_ca names who vouches for the server's certificate, events the host by a name in it";
    return why;
}

/// Whether a connection stands: libnats may tell of it after the end of who asked, so it lives for ever.
std::atomic<bool>& lasting_flag() {
    static std::mutex mutex;
    static std::deque<std::atomic<bool>> flags;
    const std::scoped_lock lock(mutex);
    return flags.emplace_back(false);
}

constexpr milliseconds kLook{100};  // how often a wait looks whether the connection still stands

}  // namespace

struct NatsConnection::Wire {
    natsConnection* connection = nullptr;
    std::atomic<bool>& stands = lasting_flag();

    /// Shared with libnats, which may give out a last message after the end of this object.
    struct Hearing {
        std::mutex mutex;
        std::function<void(std::string)> heard;  // empty: nobody wants it any more
    };
    using HearingPointer = std::shared_ptr<Hearing>;
    std::mutex mutex;  // of the next
    std::vector<std::pair<OwnedSubscription, HearingPointer>> hearings;

    static void hear_one(natsConnection*, natsSubscription*, natsMsg* made, void* of) {
        const OwnedMessage message{made};
        Hearing& hearing = **static_cast<HearingPointer*>(of);
        const std::scoped_lock lock(hearing.mutex);
        if (hearing.heard) hearing.heard(body_of(made));
    }
    static void forget_hearing(void* of) { delete static_cast<HearingPointer*>(of); }

    ~Wire() {
        hearings.clear();
        if (connection == nullptr) return;
        natsConnection_Close(connection);
        natsConnection_Destroy(connection);
    }
    // They may be called after the end of this object.
    static void came(natsConnection*, void* stands) {
        *static_cast<std::atomic<bool>*>(stands) = true;
        log::info("events.connected");
    }
    static void went(natsConnection* connection, void* stands) {
        *static_cast<std::atomic<bool>*>(stands) = false;
        if (!natsConnection_IsClosed(connection)) log::warn("events.disconnected");
    }
    static void quiet(natsConnection*, natsSubscription*, natsStatus, void*) {}

    /// Asked of libnats it waits while a connection is being made, for seconds when the server is silent.
    bool connected() const { return stands; }

    natsStatus send(const Request& request, const std::string& reply_to) const {
        natsMsg* made = nullptr;
        natsStatus status = natsMsg_Create(&made, request.subject.c_str(), reply_to.c_str(), request.body.data(),
                                           static_cast<int>(request.body.size()));
        const OwnedMessage message{made};
        if (status == NATS_OK && !request.message_id.empty())
            status = natsMsgHeader_Set(made, kMessageId, request.message_id.c_str());
        return status == NATS_OK ? natsConnection_PublishMsg(connection, made) : status;
    }
    struct Next {
        OwnedMessage message;  // null: nothing came before `until`, or the connection broke
        bool nobody = false;   // or: of a request, nobody listens to its subject
    };
    Next next(natsSubscription* of, Instant until) const {
        while (true) {
            const auto left = std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now());
            if (left <= milliseconds{0}) return {};
            natsMsg* message = nullptr;
            const natsStatus status = natsSubscription_NextMsg(&message, of, std::min(left, kLook).count());
            if (status == NATS_OK) return {OwnedMessage{message}, false};
            if (status == NATS_NO_RESPONDERS) return {nullptr, true};
            if (status != NATS_TIMEOUT || !connected()) return {};
        }
    }
};

NatsConnection::NatsConnection(const Options& options) : wire_(std::make_unique<Wire>()) {
    natsOptions* made = nullptr;
    check(natsOptions_Create(&made), "out of memory");
    const OwnedOptions set{made};
    std::vector<const char*> servers;
    bool secure = false;
    for (const auto& server : options.servers) {
        servers.push_back(server.c_str());
        secure = secure || server.starts_with("tls://");
    }
    check(natsOptions_SetServers(made, servers.data(), static_cast<int>(servers.size())),
          "takes nats://HOST:PORT, several between commas");
    if (secure) check(natsOptions_SetSecure(made, true), "TLS");
    if (!options.tls_ca.empty())
        check(natsOptions_LoadCATrustedCertificates(made, options.tls_ca.c_str()),
              fmt::format("{} is no PEM file of certificates", options.tls_ca));
    if (!options.credentials.empty())
        check(natsOptions_SetUserCredentialsFromFiles(made, options.credentials.c_str(), nullptr),
              fmt::format("{} is no file of credentials", options.credentials));
    check(natsOptions_SetName(made, "marketday"), "name");
    check(natsOptions_SetTimeout(made, 2000), "timeout");
    check(natsOptions_SetMaxReconnect(made, -1), "reconnect");
    check(natsOptions_SetReconnectWait(made, 200), "reconnect");
    check(natsOptions_SetReconnectJitter(made, 100, 100), "reconnect");
    check(natsOptions_SetPingInterval(made, 2000), "ping");  // a server that went silent is left after two
    check(natsOptions_SetMaxPingsOut(made, 2), "ping");
    check(natsOptions_SetWriteDeadline(made, 2000), "deadline");
    check(natsOptions_SetErrorHandler(made, &Wire::quiet, nullptr), "handler");
    check(natsOptions_SetReconnectedCB(made, &Wire::came, &wire_->stands), "handler");
    check(natsOptions_SetDisconnectedCB(made, &Wire::went, &wire_->stands), "handler");
    check(natsOptions_SetRetryOnFailedConnect(made, true, &Wire::came, &wire_->stands), "handler");
    const natsStatus status = natsConnection_Connect(&wire_->connection, made);
    if (status == NATS_NOT_YET_CONNECTED)
        log::warn("events.not_connected_yet", {{"why", why_not(made)}});
    else
        check(status, "cannot use that address");
    if (status == NATS_OK) wire_->stands = true;
}

NatsConnection::~NatsConnection() = default;

std::vector<Reply> NatsConnection::ask(std::vector<Request> requests, milliseconds within) {
    std::vector<Reply> replies(requests.size());
    if (!wire_->connected() || requests.empty()) return replies;
    const std::string prefix = inbox() + ".";
    natsSubscription* made = nullptr;
    if (natsConnection_SubscribeSync(&made, wire_->connection, (prefix + "*").c_str()) != NATS_OK) return replies;
    const OwnedSubscription subscription{made};
    const Instant until = std::chrono::steady_clock::now() + within;
    std::size_t awaited = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (wire_->send(requests[i], prefix + std::to_string(i)) != NATS_OK) break;
        replies[i].kind = Reply::Kind::unknown;
        ++awaited;
    }
    // libnats does not tell of which request it is that nobody listens: of some that has no answer, then.
    const auto nobody_hears_one = [&replies, &awaited] {
        const auto one = std::ranges::find(replies, Reply::Kind::unknown, &Reply::kind);
        if (one == replies.end()) return;
        one->kind = Reply::Kind::nobody;
        --awaited;
    };
    while (awaited > 0) {
        const auto [message, nobody] = wire_->next(made, until);
        if (nobody) nobody_hears_one();
        if (nobody) continue;
        if (!message) break;
        const std::string place{natsMsg_GetSubject(message.get())};
        const std::size_t index = std::stoul(place.substr(prefix.size()));
        if (index >= replies.size() || replies[index].kind == Reply::Kind::answered) continue;
        const bool guessed = std::exchange(replies[index].kind, Reply::Kind::answered) == Reply::Kind::nobody;
        replies[index].body = body_of(message.get());
        if (guessed)
            nobody_hears_one();
        else
            --awaited;
    }
    return replies;
}

Reply NatsConnection::ask_one(std::string subject, std::string body, milliseconds within) {
    std::vector<Request> one;
    one.push_back({std::move(subject), std::move(body)});
    return ask(std::move(one), within).front();
}

NatsConnection::Fetched NatsConnection::fetch(const std::string& subject, const std::string& body,
                                              std::size_t messages_max, milliseconds within) {
    Fetched fetched;
    if (!wire_->connected()) return fetched;
    const std::string box = inbox();
    natsSubscription* made = nullptr;
    if (natsConnection_SubscribeSync(&made, wire_->connection, box.c_str()) != NATS_OK) return fetched;
    const OwnedSubscription subscription{made};
    if (wire_->send({subject, body}, box) != NATS_OK) return fetched;
    fetched.kind = Reply::Kind::unknown;
    const Instant until = std::chrono::steady_clock::now() + within;
    while (fetched.messages.size() < messages_max) {
        const auto [message, nobody] = wire_->next(made, until);
        if (nobody) fetched.kind = Reply::Kind::nobody;
        if (!message) return fetched;
        const std::string status = status_of(message.get());
        if (!status.empty()) {
            fetched.kind = Reply::Kind::answered;
            return fetched;
        }
        const char* id = nullptr;
        natsMsgHeader_Get(message.get(), kMessageId, &id);
        const char* reply = natsMsg_GetReply(message.get());
        fetched.messages.push_back({natsMsg_GetSubject(message.get()), reply == nullptr ? "" : reply,
                                    body_of(message.get()), id == nullptr ? "" : id});
    }
    fetched.kind = Reply::Kind::answered;
    return fetched;
}

void NatsConnection::hear(const std::string& subject, std::function<void(std::string body)> heard) {
    auto hearing = std::make_shared<Wire::Hearing>();
    hearing->heard = std::move(heard);
    auto for_libnats = std::make_unique<Wire::HearingPointer>(hearing);
    natsSubscription* made = nullptr;
    check(natsConnection_Subscribe(&made, wire_->connection, subject.c_str(), &Wire::hear_one, for_libnats.get()),
          "cannot subscribe");
    OwnedSubscription subscription{made};
    check(natsSubscription_SetOnCompleteCB(made, &Wire::forget_hearing, for_libnats.get()), "cannot subscribe");
    static_cast<void>(for_libnats.release());  // forget_hearing's
    const std::scoped_lock lock(wire_->mutex);
    wire_->hearings.emplace_back(std::move(subscription), std::move(hearing));
}

void NatsConnection::stop_hearing() {
    const std::scoped_lock lock(wire_->mutex);
    for (auto& [subscription, hearing] : wire_->hearings) {
        const std::scoped_lock one(hearing->mutex);
        hearing->heard = nullptr;
    }
}

bool NatsConnection::connected() const { return wire_->connected(); }

std::size_t NatsConnection::payload_bytes_max() const {
    const std::int64_t most = natsConnection_GetMaxPayload(wire_->connection);
    return most > 0 ? static_cast<std::size_t>(most) : 1 << 20;
}

std::uint64_t NatsConnection::reconnects() const {
    natsStatistics* figures = nullptr;
    if (natsStatistics_Create(&figures) != NATS_OK) return 0;
    std::uint64_t count = 0;
    if (natsConnection_GetStats(wire_->connection, figures) == NATS_OK)
        natsStatistics_GetCounts(figures, nullptr, nullptr, nullptr, nullptr, &count);
    natsStatistics_Destroy(figures);
    return count;
}

}  // namespace marketday::adapters
