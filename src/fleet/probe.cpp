#include "fleet/probe.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace marketday::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 1 << 20;

/// A socket that never waits past one moment.
class Line {
public:
    Line(int family, milliseconds time)
        : descriptor_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
          deadline_(steady_clock::now() + time) {}
    ~Line() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    bool connect(const sockaddr* address, socklen_t bytes) {
        if (descriptor_ < 0) return false;
        if (::connect(descriptor_, address, bytes) == 0) return true;
        if (errno != EINPROGRESS || !ready(POLLOUT)) return false;
        int error = 0;
        socklen_t size = sizeof error;
        return ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
    }
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent > 0)
                bytes.remove_prefix(static_cast<std::size_t>(sent));
            else if (errno != EAGAIN || !ready(POLLOUT))
                return false;
        }
        return true;
    }
    /// Until the other side ends, or `enough` bytes.
    std::optional<std::string> receive(std::size_t enough) {
        std::string text;
        std::array<char, 4096> buffer{};
        while (text.size() < enough) {
            if (!ready(POLLIN)) return std::nullopt;
            const ssize_t bytes = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
            if (bytes == 0) break;
            if (bytes < 0 && errno != EAGAIN) return std::nullopt;
            if (bytes > 0) text.append(buffer.data(), static_cast<std::size_t>(bytes));
        }
        return text;
    }

private:
    bool ready(short what) const {
        const auto left = std::chrono::duration_cast<milliseconds>(deadline_ - steady_clock::now()).count();
        pollfd one{descriptor_, what, 0};
        return left > 0 && ::poll(&one, 1, static_cast<int>(left)) > 0;
    }

    int descriptor_;
    steady_clock::time_point deadline_;
};

bool connect_to(Line& line, const std::string& address, int port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::inet_pton(AF_INET, address.c_str(), &where.sin_addr) != 1) return false;
    return line.connect(reinterpret_cast<const sockaddr*>(&where), sizeof where);
}

}  // namespace

std::optional<HttpAnswer> http_get(const std::string& address, int port, const std::string& path, milliseconds time) {
    Line line{AF_INET, time};
    if (!connect_to(line, address, port)) return std::nullopt;
    if (!line.send(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, address)))
        return std::nullopt;
    const auto text = line.receive(kAnswerBytesMax);
    constexpr std::string_view kStart = "HTTP/1.1 ";
    if (!text || !text->starts_with(kStart)) return std::nullopt;
    HttpAnswer answer;
    const char* const number = text->data() + kStart.size();
    std::from_chars(number, text->data() + text->size(), answer.status);
    const auto body = text->find("\r\n\r\n");
    if (body != std::string::npos) answer.body = text->substr(body + 4);
    return answer;
}

PostgresAnswer ask_postgres(const std::string& address, int port, milliseconds time) {
    // A StartupMessage of protocol 3.0 (message formats, PostgreSQL's documentation 55.7). "R" asks for the password,
    // and who goes away then is not written into its log; "E" says why nobody is let in.
    constexpr std::string_view kStartup{"\0\0\0\x2b\0\3\0\0user\0marketday\0database\0marketday\0\0", 43};
    Line line{AF_INET, time};
    if (!connect_to(line, address, port) || !line.send(kStartup)) return PostgresAnswer::silence;
    const auto answer = line.receive(1);
    if (!answer || answer->empty()) return PostgresAnswer::silence;
    return answer->front() == 'R' ? PostgresAnswer::takes_work : PostgresAnswer::refuses;
}

bool nats_answers(const std::string& address, int port, milliseconds time) {
    constexpr std::string_view kGreeting = "INFO ";
    Line line{AF_INET, time};
    if (!connect_to(line, address, port)) return false;
    const auto greeting = line.receive(kGreeting.size());
    return greeting && greeting->starts_with(kGreeting);
}

bool redis_answers(const std::string& address, int port, milliseconds time) {
    // An error begins with "-", and so an answer to be had without the password (its protocol, RESP2).
    Line line{AF_INET, time};
    if (!connect_to(line, address, port) || !line.send("PING\r\n")) return false;
    const auto answer = line.receive(5);
    return answer && (answer->starts_with("-NOAU") || answer->starts_with("+PONG"));
}

std::optional<std::string> ask_socket(const std::string& path, const std::string& command, milliseconds time) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    if (path.size() >= sizeof where.sun_path) return std::nullopt;
    std::memcpy(where.sun_path, path.c_str(), path.size() + 1);
    Line line{AF_UNIX, time};
    if (!line.connect(reinterpret_cast<const sockaddr*>(&where), sizeof where)) return std::nullopt;
    if (!line.send(command + "\n")) return std::nullopt;
    return line.receive(kAnswerBytesMax * 4);
}

}  // namespace marketday::fleet
