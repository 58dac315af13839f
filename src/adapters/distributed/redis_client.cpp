#include "adapters/distributed/redis_client.hpp"

#include <pthread.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <stdexcept>

#include "adapters/distributed/redis_link.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

using asio::ip::tcp;
using Address = RedisAddress;
using Link = RedisLink;
using LinkPointer = RedisLinkPointer;
using Outcome = Result<RedisReply, RedisFailure>;
using Answer = std::move_only_function<void(Outcome)>;
using Error = boost::system::error_code;
using Pending = RedisPending;

/// It cannot do now what a primary does.
bool is_no_primary(const RedisReply& reply) {
    if (reply.kind != RedisReply::Kind::error) return false;
    return reply.text.starts_with("READONLY") || reply.text.starts_with("LOADING") ||
           reply.text.starts_with("MASTERDOWN");
}

}  // namespace

struct RedisClient::Loop {
    Loop(Options given, Figures& counted) : options(std::move(given)), figures(counted), timer(io) {
        for (const auto& server : options.servers) addresses.push_back(redis_address_of(server, "redis", "6379"));
        for (const auto& sentinel : options.sentinels)
            sentinels.push_back(redis_address_of(sentinel, "redis_server.sentinels", "26379"));
        if (addresses.empty()) throw std::runtime_error("redis names no server");
        if (!sentinels.empty() && addresses.size() > 1)
            throw std::runtime_error(
                "with redis_server.sentinels, redis must be one redis://NAME, NAME being what they call the primary");
        if (options.tls_ca.empty())
            tls.set_default_verify_paths();
        else
            tls.load_verify_file(options.tls_ca);
        tls.set_verify_mode(asio::ssl::verify_peer);
    }

    void take(std::vector<std::string> command, Answer answer) {
        const Instant now = std::chrono::steady_clock::now();
        const std::size_t under_way = waiting.size() + (link ? link->unsent.size() + link->sent.size() : 0);
        const bool full = under_way >= options.waiting_max;
        if (!link && !full && now >= rest_until) connect();
        // A server that was left is on trial until it has answered, and nobody waits for the outcome.
        if (full || !link || (left_once && (link->of_sentinel || !link->answered))) {
            figures.refused.fetch_add(1);
            if (answer) answer(fail(RedisFailure::unavailable));
            return;
        }
        figures.commands.fetch_add(1);
        const bool now_sent = link->ready && !link->of_sentinel;
        auto& queue = now_sent ? link->unsent : waiting;
        queue.push_back({redis_encoded(command), std::move(answer), now + options.within});
        if (now_sent) flush();
    }

    void connect() {
        if (sentinels.empty())
            connect(addresses[turn % addresses.size()], false);
        else
            connect(sentinels[turn % sentinels.size()], true);
    }
    void connect(Address address, bool of_sentinel) {
        link = std::make_shared<Link>(io, std::move(address), tls);
        link->of_sentinel = of_sentinel;
        link->connected_by = std::chrono::steady_clock::now() + 2 * options.within;
        watch();
        link->resolver.async_resolve(link->address.host, link->address.port,
                                     [this, of = link](const Error& error, const tcp::resolver::results_type& found) {
                                         if (!of->open) return;
                                         if (error) return drop("cannot find the host");
                                         connect_to(of, found);
                                     });
    }
    void connect_to(const LinkPointer& of, const tcp::resolver::results_type& found) {
        asio::async_connect(of->plain, found, [this, of](const Error& error, const tcp::endpoint&) {
            if (!of->open) return;
            if (error) return drop("cannot connect");
            Error ignored;
            of->plain.set_option(tcp::no_delay{true}, ignored);
            if (!of->secure) return greet();
            SSL_set_tlsext_host_name(of->secure->native_handle(), of->address.host.c_str());
            of->secure->set_verify_callback(asio::ssl::host_name_verification{of->address.host});
            of->secure->async_handshake(asio::ssl::stream_base::client, [this, of](const Error& refused) {
                if (!of->open) return;
                if (refused) return drop(redis_tls_refusal(of->secure->native_handle(), refused));
                greet();
            });
        });
    }
    /// Something of our own, whose answer decides whether the server is used.
    void say(std::vector<std::string> command, void (Loop::*heard)(const RedisReply&)) {
        // Weakly: it waits in the link itself, which would keep itself alive.
        const auto check = [this, heard, of = std::weak_ptr{link}](const Outcome& outcome) {
            const auto still = of.lock();
            if (still && still->open && outcome) (this->*heard)(*outcome);
        };
        link->unsent.push_back({redis_encoded(command), check, std::chrono::steady_clock::now() + options.within});
    }
    void must_be_good(const RedisReply& reply) {
        if (reply.kind == RedisReply::Kind::error) drop(reply.text);
    }
    /// Whoever may not ask for it is told by the first write.
    void must_be_primary(const RedisReply& reply) {
        const bool tells = reply.kind == RedisReply::Kind::list && !reply.list.empty();
        const std::string role = tells ? reply.list.front().text : std::string{};
        if (role == "slave") return drop("it is a replica", pause_after_replica());
        if (role == "sentinel") return drop("it is a Sentinel, which redis_server.sentinels is for");
        replicas_met = 0;
        told.clear();
        figures.connected = true;
        log::info("redis.connected", {{"host", link->address.host}, {"port", link->address.port}});
    }
    /// The next of a list, or the Sentinels a moment later, may know the primary; who goes on naming a replica is asked
    /// as seldom as a server that is gone.
    milliseconds pause_after_replica() {
        constexpr int kDoublingsMax = 10;
        return std::min(options.rest, options.rest / 10 * (1 << std::min(replicas_met++, kDoublingsMax)));
    }
    void goes_to(const RedisReply& reply) {
        if (reply.kind == RedisReply::Kind::error) return drop(reply.text);
        if (reply.kind != RedisReply::Kind::list || reply.list.size() != 2)
            return drop("it watches no primary of the name that redis gives");
        Address primary = addresses.front();
        primary.host = reply.list[0].text;
        primary.port = reply.list[1].text;
        const LinkPointer asked = std::exchange(link, nullptr);
        asked->close();
        connect(std::move(primary), false);
    }
    /// Whoever the server wants to know, before everything else.
    void greet() {
        const Address& address = link->address;
        link->ready = true;
        if (!address.password.empty() && address.user.empty()) say({"AUTH", address.password}, &Loop::must_be_good);
        if (!address.password.empty() && !address.user.empty())
            say({"AUTH", address.user, address.password}, &Loop::must_be_good);
        if (link->of_sentinel) {
            say({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", addresses.front().host}, &Loop::goes_to);
        } else {
            if (!address.database.empty()) say({"SELECT", address.database}, &Loop::must_be_good);
            say({"PING"}, &Loop::must_be_good);
            say({"ROLE"}, &Loop::must_be_primary);
            for (auto& command : waiting) link->unsent.push_back(std::move(command));
            waiting.clear();
            figures.connects.fetch_add(1);
        }
        flush();
        hear(link);
    }

    void flush() {
        if (!link->ready || link->writing || link->unsent.empty()) return;
        link->output.clear();
        for (auto& pending : link->unsent) {
            link->output += pending.bytes;
            pending.bytes.clear();
            link->sent.push_back(std::move(pending));
        }
        link->unsent.clear();
        link->writing = true;
        link->with_stream([this](auto& stream) {
            asio::async_write(stream, asio::buffer(link->output), [this, of = link](const Error& error, std::size_t) {
                if (!of->open) return;
                of->writing = false;
                if (error) return drop("the connection broke");
                flush();
            });
        });
    }

    void hear(const LinkPointer& of) {
        of->with_stream([this, &of](auto& stream) {
            stream.async_read_some(asio::buffer(of->input), [this, of](const Error& error, std::size_t bytes) {
                if (!of->open) return;
                if (error) return drop("the server closed the connection");
                if (redisReaderFeed(of->reader, of->input.data(), bytes) != REDIS_OK) return drop("out of memory");
                if (answer_all(of)) hear(of);
            });
        });
    }
    /// False: the connection is of no more use.
    bool answer_all(const LinkPointer& of) {
        while (of->open) {
            void* read_one = nullptr;
            if (redisReaderGetReply(of->reader, &read_one) != REDIS_OK) {
                drop("an answer that is not Redis's protocol");
                return false;
            }
            if (read_one == nullptr) return true;
            const std::unique_ptr<void, void (*)(void*)> reply{read_one, &freeReplyObject};
            if (of->sent.empty()) {
                drop("an answer that nobody asked for");
                return false;
            }
            Pending pending = std::move(of->sent.front());
            of->sent.pop_front();
            of->answered = of->answered || of->sent.empty();  // the greeting whole
            RedisReply made = redis_read(*static_cast<const redisReply*>(read_one));
            if (made.kind == RedisReply::Kind::error) figures.errors.fetch_add(1);
            const bool no_primary = is_no_primary(made);
            const std::string said = no_primary ? made.text : std::string{};
            if (pending.answer) pending.answer(Outcome{std::move(made)});
            if (no_primary && of->open) drop(said);
        }
        return false;
    }

    /// Nobody waits longer than his time, and a server that made somebody wait is left.
    void watch() {
        timer.expires_after(std::max<milliseconds>(options.within / 4, milliseconds{5}));
        timer.async_wait([this, of = link](const Error& error) {
            if (error || !of->open) return;
            const Instant now = std::chrono::steady_clock::now();
            if (!of->ready && now > of->connected_by) return drop("no connection in time");
            if (!of->sent.empty() && now > of->sent.front().until) return drop("no answer in time");
            while (!waiting.empty() && now > waiting.front().until) {
                Pending late = std::move(waiting.front());
                waiting.pop_front();
                figures.refused.fetch_add(1);
                if (late.answer) late.answer(fail(RedisFailure::unavailable));
            }
            watch();
        });
    }

    void drop(std::string why) { drop(std::move(why), options.rest); }
    void drop(std::string why, milliseconds rest) {
        const LinkPointer left = std::exchange(link, nullptr);
        left->close();
        figures.connected = false;
        left_once = true;
        rest_until = std::chrono::steady_clock::now() + rest;
        tell_left(*left, std::move(why));
        ++turn;
        for (auto& pending : left->sent) {
            figures.lost.fetch_add(1);
            if (pending.answer) pending.answer(fail(RedisFailure::outcome_unknown));
        }
        for (auto* queue : {&left->unsent, &waiting}) refuse_all(std::exchange(*queue, {}));
    }
    /// Not again what was said of that server already, until one is used.
    void tell_left(const Link& left, std::string why) {
        std::string& last = told[left.address.host + ":" + left.address.port];
        if (last == why) return;
        log::warn(left.of_sentinel ? "redis.sentinel_left" : "redis.left",
                  {{"host", left.address.host}, {"port", left.address.port}, {"why", why}});
        last = std::move(why);
    }
    void refuse_all(std::deque<Pending> refused) {
        for (auto& pending : refused) {
            figures.refused.fetch_add(1);
            if (pending.answer) pending.answer(fail(RedisFailure::unavailable));
        }
    }

    Options options;
    Figures& figures;
    std::vector<Address> addresses;
    std::vector<Address> sentinels;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::steady_timer timer;
    LinkPointer link;  // to a server, or to a Sentinel that is asked for it; null: left, until somebody asks after
                       // `rest_until`
    std::deque<Pending> waiting;  // for the link to be ready, oldest first
    Instant rest_until{};
    bool left_once = false;
    std::size_t turn = 0;
    int replicas_met = 0;                                  // in a row, where a primary should have been
    std::map<std::string, std::string, std::less<>> told;  // why each server was left, since one was used
};

RedisClient::RedisClient(Options options)
    : figures_(std::make_unique<Figures>()), loop_(std::make_unique<Loop>(std::move(options), *figures_)) {
    thread_ = std::thread([this] { loop_->io.run(); });
    pthread_setname_np(thread_.native_handle(), "redis");
}

RedisClient::~RedisClient() { stop(); }

void RedisClient::stop() {
    loop_->io.stop();
    if (thread_.joinable()) thread_.join();
}

Task<Result<RedisReply, RedisFailure>> RedisClient::run(std::vector<std::string> command) {
    co_return co_await suspend_for<Outcome>([this, &command](Resumer<Outcome> resume) {
        asio::post(loop_->io, [this, words = std::move(command), resume]() mutable {
            loop_->take(std::move(words), [resume](Outcome outcome) { resume(std::move(outcome)); });
        });
    });
}

void RedisClient::send(std::vector<std::string> command) {
    asio::post(loop_->io, [this, words = std::move(command)]() mutable { loop_->take(std::move(words), nullptr); });
}

}  // namespace marketday::adapters
