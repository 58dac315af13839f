#include "crowd/target.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "crowd/response_reader.hpp"

namespace marketday::crowd {

bool Target::loopback_v4() const {
    if (address.ss_family != AF_INET) return false;
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
}

Result<Target, Trouble> Target::parse(std::string_view url, const Trust& trust) {
    const bool secure = url.starts_with("https://");
    if (!secure && !url.starts_with("http://"))
        return fail(Trouble{fmt::format("'{}' is not a URL: give http://HOST:PORT or https://HOST:PORT", url)});
    std::string_view rest = url.substr(url.find("//") + 2);
    rest = rest.substr(0, rest.find('/'));
    const std::size_t colon = rest.rfind(':');
    const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
    std::string host(has_port ? rest.substr(0, colon) : rest);
    const std::string port(has_port ? rest.substr(colon + 1) : secure ? "443" : "80");
    if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);

    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (host.empty() || getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr) {
        return fail(Trouble{fmt::format("cannot resolve '{}': give http{}://HOST:PORT", url, secure ? "s" : "")});
    }
    const addrinfo* chosen = found;
    for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
        if (each->ai_family == AF_INET) {
            chosen = each;
            break;
        }
    }
    Target target;
    target.host_header = std::string(rest);
    std::memcpy(&target.address, chosen->ai_addr, chosen->ai_addrlen);
    target.address_bytes = chosen->ai_addrlen;
    freeaddrinfo(found);
    if (secure) {
        auto tls = TlsClient::make(host, trust);
        if (!tls) return fail(tls.error());
        target.tls = std::move(*tls);
    }
    return target;
}

PlainClient::PlainClient(Target target, int timeout_ms) : target_(std::move(target)), timeout_ms_(timeout_ms) {}

PlainClient::~PlainClient() { close(); }

void PlainClient::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    tls_.reset();
}

bool PlainClient::connect() {
    fd_ = socket(target_.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) return false;
    const timeval timeout{.tv_sec = timeout_ms_ / 1000, .tv_usec = (timeout_ms_ % 1000) * 1000};
    const int on = 1;
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&target_.address), target_.address_bytes) == 0 &&
        connect_tls())
        return true;
    const int error = errno;
    close();
    errno = error;
    return false;
}

bool PlainClient::connect_tls() {
    if (target_.tls == nullptr) return true;
    tls_ = std::make_unique<TlsStream>(*target_.tls);
    std::array<char, 16 * 1024> buffer;
    while (true) {
        const auto step = tls_->shake_hands();
        if (step == TlsStream::Step::failed) tls_trouble_ = tls_->reason();
        if (!flush_tls() || step == TlsStream::Step::failed) return false;
        if (step == TlsStream::Step::ready) return true;
        const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
        if (got <= 0) return false;
        tls_->received({buffer.data(), static_cast<std::size_t>(got)});
    }
}

bool PlainClient::flush_tls() { return send_raw(tls_->take_outgoing()); }

bool PlainClient::send_all(std::string_view bytes) {
    if (tls_ == nullptr) return send_raw(bytes);
    return tls_->write(bytes) && flush_tls();
}

/// As recv(): how many bytes of HTTP, 0 at the end, below 0 on a failure.
std::ptrdiff_t PlainClient::receive_some(std::span<char> out) {
    while (true) {
        if (tls_ == nullptr) return recv(fd_, out.data(), out.size(), 0);
        std::size_t count = 0;
        switch (tls_->read(out, count)) {
            case TlsStream::Got::bytes: return static_cast<std::ptrdiff_t>(count);
            case TlsStream::Got::end: return 0;
            case TlsStream::Got::broken: return -1;
            case TlsStream::Got::nothing: break;
        }
        std::array<char, 16 * 1024> buffer;
        const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
        if (got <= 0) return got;
        tls_->received({buffer.data(), static_cast<std::size_t>(got)});
    }
}

bool PlainClient::send_raw(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

bool PlainClient::receive(Answer& answer) {
    ResponseReader reader;
    std::array<char, 64 * 1024> buffer;
    while (true) {
        const std::ptrdiff_t got = receive_some(buffer);
        if (got < 0) return false;
        const auto step =
            got == 0 ? reader.end_of_stream() : reader.consume({buffer.data(), static_cast<std::size_t>(got)});
        if (step == ResponseReader::Step::broken) {
            if (got > 0) errno = EPROTO;
            return false;
        }
        if (step == ResponseReader::Step::complete) break;
    }
    answer = Answer{reader.head().status, std::string(reader.body())};
    if (!reader.head().keep_alive) close();
    return true;
}

Result<Answer, Trouble> PlainClient::ask(const Question& question) {
    std::string request =
        fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", question.method, question.path, target_.host_header);
    if (!question.token.empty()) request += fmt::format("Authorization: Bearer {}\r\n", question.token);
    if (!question.body.empty()) {
        request += fmt::format("Content-Type: application/json\r\nContent-Length: {}\r\n", question.body.size());
    }
    request += "\r\n";
    request += question.body;
    for (int attempt = 0; attempt < 2; ++attempt) {
        const bool reused = fd_ >= 0;
        errno = 0;
        if (!reused && !connect()) break;
        Answer answer;
        if (send_all(request) && receive(answer)) return answer;
        const int error = errno;
        close();
        errno = error;
        if (!reused) break;
    }
    if (!tls_trouble_.empty()) {
        return fail(Trouble{fmt::format("https://{}: {}; name the authority that signed it with --tls-ca FILE",
                                        target_.host_header, tls_trouble_)});
    }
    const char* why = errno == 0 ? "the connection was closed" : std::strerror(errno);
    return fail(Trouble{fmt::format("no answer from http{}://{}{}: {}", target_.tls ? "s" : "", target_.host_header,
                                    question.path, why)});
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            out += c;
        } else {
            out += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        }
    }
    return out;
}

}  // namespace marketday::crowd
