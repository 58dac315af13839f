#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crowd/tls.hpp"

namespace marketday::crowd {

/// Where the shop listens.
struct Target {
    std::string host_header;         // "127.0.0.1:8080"
    std::shared_ptr<TlsClient> tls;  // none: plain HTTP
    sockaddr_storage address{};
    socklen_t address_bytes = 0;
    sockaddr_storage fallback{};   // the second address of the same name, for who cannot reach the first
    socklen_t fallback_bytes = 0;  // 0: there is none

    /// True for 127.0.0.0/8: then every shopper may have a source address of its own.
    bool loopback_v4() const;
    /// From "http://host:port" or "https://host:port"; resolves the name, IPv4 first.
    static Result<Target, Trouble> parse(std::string_view url, const Trust& trust = {});
};

/// The answer to one question of the preparation.
struct Answer {
    int status = 0;
    std::string body;
};

/// A blocking client with one kept connection, for what is not timed: preparing accounts, reading prices, verifying
/// orders, sampling stock. A connection that the server closed meanwhile is opened anew, once a question.
class PlainClient {
public:
    explicit PlainClient(Target target, int timeout_ms = 30'000);
    ~PlainClient();
    PlainClient(const PlainClient&) = delete;
    PlainClient& operator=(const PlainClient&) = delete;

    struct Question {
        std::string_view method = "GET";
        std::string path{};
        std::string token{};  // Authorization: Bearer, when not empty
        std::string body{};   // JSON, when not empty
    };
    Result<Answer, Trouble> ask(const Question& question);

private:
    bool connect();
    bool connect_tls();
    bool flush_tls();
    void close();
    bool send_raw(std::string_view bytes);
    bool send_all(std::string_view bytes);
    bool receive(Answer& answer);
    std::ptrdiff_t receive_some(std::span<char> out);

    Target target_;
    int timeout_ms_;
    int fd_ = -1;
    std::unique_ptr<TlsStream> tls_;
    std::string tls_trouble_;
};

/// A SKU or name as one segment of a path (RFC 3986).
std::string percent_encoded(std::string_view text);

}  // namespace marketday::crowd
