#include "adapters/distributed/redis_client.hpp"

#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <pthread.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
#include <deque>
#include <functional>
#include <stdexcept>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Outcome = Result<RedisReply, RedisFailure>;
using Answer = std::move_only_function<void(Outcome)>;
using Error = boost::system::error_code;

struct Address {
    std::string host;
    std::string port;
    std::string user;
    std::string password;
    std::string database;
    bool tls = false;
};

Address address_of(const std::string& server) {
    const auto url = boost::urls::parse_uri(server);
    const bool good = url && (url->scheme() == "redis" || url->scheme() == "rediss") && !url->encoded_host().empty();
    if (!good)
        throw std::runtime_error("redis must be redis://HOST:PORT or rediss://HOST:PORT, several between commas");
    std::string path{url->encoded_path()};
    return {.host = url->host_address(),
            .port = url->has_port() ? std::string{url->port()} : "6379",
            .user = url->user(),
            .password = url->password(),
            .database = path.size() > 1 ? path.substr(1) : std::string{},
            .tls = url->scheme() == "rediss"};
}

/// RESP: an array of bulk strings (https://redis.io/docs/reference/protocol-spec/).
std::string encoded(const std::vector<std::string>& command) {
    std::string bytes = fmt::format("*{}\r\n", command.size());
    for (const auto& word : command) bytes += fmt::format("${}\r\n", word.size()) + word + "\r\n";
    return bytes;
}

RedisReply read(const redisReply& reply) {
    RedisReply made;
    const auto text = [&reply] { return std::string{reply.str, static_cast<std::size_t>(reply.len)}; };
    switch (reply.type) {
        case REDIS_REPLY_INTEGER:
            made.kind = RedisReply::Kind::integer;
            made.integer = reply.integer;
            break;
        case REDIS_REPLY_STRING:
        case REDIS_REPLY_STATUS:
            made.kind = RedisReply::Kind::text;
            made.text = text();
            break;
        case REDIS_REPLY_ERROR:
            made.kind = RedisReply::Kind::error;
            made.text = text();
            break;
        case REDIS_REPLY_ARRAY:
            made.kind = RedisReply::Kind::list;
            for (std::size_t i = 0; i < reply.elements; ++i) made.list.push_back(read(*reply.element[i]));
            break;
        default: break;
    }
    return made;
}

/// Why a connection was not trusted, and what to do.
std::string tls_refusal(SSL* ssl, const Error& error) {
    switch (const long verdict = SSL_get_verify_result(ssl); verdict) {
        case X509_V_OK: return "TLS was refused: " + error.message();
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_UNSPECIFIED:  // what Asio's check of the name leaves
            return "its certificate has the name of another host; name it as its certificate does";
        default:
            return fmt::format(
                "its certificate is not to be trusted ({}); redis_server.tls_ca names who vouches for it",
                X509_verify_cert_error_string(verdict));
    }
}

struct Pending {
    std::string bytes;
    Answer answer;
    Instant until{};
};

/// One connection. Everything is touched by the loop's thread only.
struct Link {
    Link(asio::io_context& io, asio::ssl::context* tls) : resolver(io), plain(io) {
        if (tls != nullptr) secure.emplace(plain, *tls);
    }
    ~Link() { redisReaderFree(reader); }
    template <class F>
    void with_stream(F use) {
        if (secure)
            use(*secure);
        else
            use(plain);
    }
    void close() {
        Error ignored;
        plain.close(ignored);
        resolver.cancel();
        open = false;
    }

    tcp::resolver resolver;
    tcp::socket plain;
    std::optional<asio::ssl::stream<tcp::socket&>> secure;
    redisReader* reader = redisReaderCreate();
    std::array<char, 16384> input{};
    std::string output;          // being written
    std::deque<Pending> unsent;  // oldest first
    std::deque<Pending> sent;    // in the order of their answers
    Instant connected_by{};
    bool open = true;
    bool ready = false;
    bool answered = false;
    bool writing = false;
};
using LinkPointer = std::shared_ptr<Link>;  // its handlers may come after the loop has left it

}  // namespace

struct RedisClient::Loop {
    Loop(Options given, Figures& counted) : options(std::move(given)), figures(counted), timer(io) {
        for (const auto& server : options.servers) addresses.push_back(address_of(server));
        if (addresses.empty()) throw std::runtime_error("redis names no server");
        if (options.tls_ca.empty())
            tls.set_default_verify_paths();
        else
            tls.load_verify_file(options.tls_ca);
        tls.set_verify_mode(asio::ssl::verify_peer);
    }

    void take(std::vector<std::string> command, Answer answer) {
        const Instant now = std::chrono::steady_clock::now();
        const bool full = link && link->unsent.size() + link->sent.size() >= options.waiting_max;
        if (!link && !full && now >= rest_until) connect(now);
        // A server that was left is on trial until it has answered, and nobody waits for the outcome.
        if (full || !link || (left_once && !link->answered)) {
            figures.refused.fetch_add(1);
            if (answer) answer(fail(RedisFailure::unavailable));
            return;
        }
        figures.commands.fetch_add(1);
        link->unsent.push_back({encoded(command), std::move(answer), now + options.within});
        flush();
    }

    void connect(Instant now) {
        const Address& address = addresses[turn % addresses.size()];
        link = std::make_shared<Link>(io, address.tls ? &tls : nullptr);
        link->connected_by = now + 2 * options.within;
        watch();
        link->resolver.async_resolve(address.host, address.port,
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
            const Address& address = addresses[turn % addresses.size()];
            SSL_set_tlsext_host_name(of->secure->native_handle(), address.host.c_str());
            of->secure->set_verify_callback(asio::ssl::host_name_verification{address.host});
            of->secure->async_handshake(asio::ssl::stream_base::client, [this, of](const Error& refused) {
                if (!of->open) return;
                if (refused) return drop(tls_refusal(of->secure->native_handle(), refused));
                greet();
            });
        });
    }
    /// Whoever the server wants to know, before everything else.
    void greet() {
        const Address& address = addresses[turn % addresses.size()];
        std::deque<Pending> first;
        const auto say = [&](std::vector<std::string> command) {
            // Weakly: it waits in the link itself, which would keep itself alive.
            const auto check = [this, of = std::weak_ptr{link}](const Outcome& outcome) {
                const auto still = of.lock();
                if (still && still->open && outcome && outcome->kind == RedisReply::Kind::error) drop(outcome->text);
            };
            first.push_back({encoded(command), check, std::chrono::steady_clock::now() + options.within});
        };
        if (!address.password.empty() && address.user.empty()) say({"AUTH", address.password});
        if (!address.password.empty() && !address.user.empty()) say({"AUTH", address.user, address.password});
        if (!address.database.empty()) say({"SELECT", address.database});
        say({"PING"});
        for (auto& waiting : link->unsent) first.push_back(std::move(waiting));
        link->unsent = std::move(first);
        link->ready = true;
        figures.connected = true;
        figures.connects.fetch_add(1);
        log::info("redis.connected", {{"host", address.host}});
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
            RedisReply made = read(*static_cast<const redisReply*>(read_one));
            if (made.kind == RedisReply::Kind::error) figures.errors.fetch_add(1);
            if (pending.answer) pending.answer(Outcome{std::move(made)});
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
            while (!of->ready && !of->unsent.empty() && now > of->unsent.front().until) {
                Pending late = std::move(of->unsent.front());
                of->unsent.pop_front();
                figures.refused.fetch_add(1);
                if (late.answer) late.answer(fail(RedisFailure::unavailable));
            }
            watch();
        });
    }

    void drop(std::string why) {
        const LinkPointer left = std::exchange(link, nullptr);
        left->close();
        figures.connected = false;
        left_once = true;
        rest_until = std::chrono::steady_clock::now() + options.rest;
        log::warn("redis.left", {{"host", addresses[turn % addresses.size()].host}, {"why", std::move(why)}});
        ++turn;
        for (auto& pending : left->sent) {
            figures.lost.fetch_add(1);
            if (pending.answer) pending.answer(fail(RedisFailure::outcome_unknown));
        }
        for (auto& pending : left->unsent) {
            figures.refused.fetch_add(1);
            if (pending.answer) pending.answer(fail(RedisFailure::unavailable));
        }
    }

    Options options;
    Figures& figures;
    std::vector<Address> addresses;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    asio::ssl::context tls{asio::ssl::context::tls_client};
    asio::steady_timer timer;
    LinkPointer link;  // null: left, until somebody asks after `rest_until`
    Instant rest_until{};
    bool left_once = false;
    std::size_t turn = 0;
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
