#pragma once

// For the files redis_*.cpp only: what one connection to a Redis server, or to a Sentinel, is made of.

#include <hiredis/hiredis.h>

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "adapters/distributed/redis_client.hpp"

namespace marketday::adapters {

namespace asio = boost::asio;

struct RedisAddress {
    std::string host;
    std::string port;
    std::string user;
    std::string password;
    std::string database;
    bool tls = false;
};

/// Throws std::runtime_error that begins with `setting`.
RedisAddress redis_address_of(const std::string& url, const std::string& setting, const std::string& port);
/// RESP: an array of bulk strings (https://redis.io/docs/reference/protocol-spec/).
std::string redis_encoded(const std::vector<std::string>& command);
RedisReply redis_read(const redisReply& reply);
/// Why a connection was not trusted, and what to do.
std::string redis_tls_refusal(SSL* ssl, const boost::system::error_code& error);

struct RedisPending {
    std::string bytes;
    std::move_only_function<void(Result<RedisReply, RedisFailure>)> answer;
    Instant until{};
};

/// One connection. Everything is touched by the loop's thread only.
struct RedisLink {
    RedisLink(asio::io_context& io, RedisAddress at, asio::ssl::context& tls)
        : address(std::move(at)), resolver(io), plain(io) {
        if (address.tls) secure.emplace(plain, tls);
    }
    RedisLink(const RedisLink&) = delete;
    RedisLink& operator=(const RedisLink&) = delete;
    ~RedisLink() { redisReaderFree(reader); }
    template <class F>
    void with_stream(F use) {
        if (secure)
            use(*secure);
        else
            use(plain);
    }
    void close() {
        boost::system::error_code ignored;
        plain.close(ignored);
        resolver.cancel();
        open = false;
    }

    RedisAddress address;
    asio::ip::tcp::resolver resolver;
    asio::ip::tcp::socket plain;
    std::optional<asio::ssl::stream<asio::ip::tcp::socket&>> secure;
    redisReader* reader = redisReaderCreate();
    std::array<char, 16384> input{};
    std::string output;               // being written
    std::deque<RedisPending> unsent;  // oldest first
    std::deque<RedisPending> sent;    // in the order of their answers
    Instant connected_by{};
    bool open = true;
    bool of_sentinel = false;
    bool ready = false;
    bool answered = false;
    bool writing = false;
};
using RedisLinkPointer = std::shared_ptr<RedisLink>;  // its handlers may come after the loop has left it

}  // namespace marketday::adapters
