#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace marketday::test {

/// A parsed answer; header names in lower case.
struct RawAnswer {
    int status = 0;
    std::map<std::string, std::string> headers;
    std::string body;
};

/// A TCP client that sends the bytes it is told to, right or wrong.
class RawClient {
public:
    explicit RawClient(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
    }
    ~RawClient() {
        if (socket_ >= 0) ::close(socket_);
    }
    RawClient(RawClient&& other) noexcept
        : socket_(other.socket_), connected_(other.connected_), unread_(std::move(other.unread_)) {
        other.socket_ = -1;
    }
    RawClient& operator=(RawClient&&) = delete;

    bool connected() const { return connected_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// The next answer; nothing when the server closes or stays silent first. `bodiless` for HEAD.
    std::optional<RawAnswer> read(bool bodiless = false, std::chrono::milliseconds patience = std::chrono::seconds{5}) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        std::size_t head = std::string::npos;
        while ((head = unread_.find("\r\n\r\n")) == std::string::npos) {
            if (!receive(deadline)) return std::nullopt;
        }
        RawAnswer answer = parse_head(unread_.substr(0, head + 2));
        unread_.erase(0, head + 4);
        std::size_t length = 0;
        if (const auto at = answer.headers.find("content-length"); at != answer.headers.end()) {
            length = std::strtoull(at->second.c_str(), nullptr, 10);
        }
        if (bodiless) length = 0;
        while (unread_.size() < length) {
            if (!receive(deadline)) return std::nullopt;
        }
        answer.body = unread_.substr(0, length);
        unread_.erase(0, length);
        return answer;
    }
    std::optional<RawAnswer> ask(std::string_view bytes) {
        send(bytes);
        return read();
    }

    /// Whether the server closes (not resets) within `patience` without saying more.
    bool closes(std::chrono::milliseconds patience = std::chrono::seconds{5}) {
        if (!unread_.empty()) return false;
        pollfd waiting{socket_, POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(patience.count())) != 1) return false;
        char byte = 0;
        return ::recv(socket_, &byte, 1, 0) == 0;
    }
    bool stays_open(std::chrono::milliseconds patience) {
        pollfd waiting{socket_, POLLIN, 0};
        return ::poll(&waiting, 1, static_cast<int>(patience.count())) == 0;
    }
    int native() const { return socket_; }

private:
    bool receive(std::chrono::steady_clock::time_point deadline) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
        pollfd waiting{socket_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&waiting, 1, static_cast<int>(left.count())) != 1) return false;
        char bytes[16384];
        const ssize_t got = ::recv(socket_, bytes, sizeof(bytes), 0);
        if (got <= 0) return false;
        unread_.append(bytes, static_cast<std::size_t>(got));
        return true;
    }

    static RawAnswer parse_head(std::string_view head) {
        RawAnswer answer;
        answer.status = std::atoi(std::string{head.substr(9, 3)}.c_str());
        head.remove_prefix(head.find("\r\n") + 2);
        while (!head.empty()) {
            const std::string_view line = head.substr(0, head.find("\r\n"));
            std::string name{line.substr(0, line.find(':'))};
            for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
            answer.headers[name] = std::string{line.substr(line.find(':') + 2)};
            head.remove_prefix(line.size() + 2);
        }
        return answer;
    }

    int socket_;
    bool connected_ = false;
    std::string unread_;
};

}  // namespace marketday::test
