#include "drills/slow_clients.hpp"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <vector>

#include "crowd/target.hpp"
#include "drills/temporary_directory.hpp"

namespace marketday::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kByteEvery{2000};
constexpr milliseconds kTurn{20};
constexpr int kReceiveBufferBytes = 2048;

enum class Kind : std::uint8_t { slow_head, slow_body, slow_reader };

struct Client {
    Kind kind = Kind::slow_head;
    int fd = -1;
    std::size_t sent = 0;
    bool begun = false;
    steady_clock::time_point next{};
};

/// What a client sends before it slows down.
std::string_view opening_of(Kind kind) {
    static const std::string questions = [] {
        std::string many;
        for (int i = 0; i < 40; ++i) many += "GET /openapi.json HTTP/1.1\r\nHost: shop\r\n\r\n";
        return many;
    }();
    switch (kind) {
        case Kind::slow_head: return "GET /api/v1/products HTTP/1.1\r\nHost: shop\r\nX-Slow: ";
        case Kind::slow_body:
            return "POST /api/v1/sessions HTTP/1.1\r\nHost: shop\r\nContent-Length: 2000\r\n\r\n{\"email\":\"";
        case Kind::slow_reader: return questions;
    }
    return {};
}

class Clients {
public:
    Clients(const crowd::Target& target, std::size_t connections) : target_(target), clients_(connections) {
        const auto now = steady_clock::now();
        for (std::size_t i = 0; i < connections; ++i) {
            clients_[i].kind = static_cast<Kind>(i % 3);
            // Spread evenly, so that they are a burden all the time and not in bursts.
            clients_[i].next = now + kByteEvery * static_cast<int>(i) / static_cast<int>(connections);
        }
    }

    /// Never returns; it is killed.
    [[noreturn]] void run(const std::filesystem::path& file) {
        for (;;) {
            const auto now = steady_clock::now();
            for (Client& client : clients_) {
                if (client.next > now) continue;
                client.next = now + kByteEvery;
                take_turn(client);
            }
            tell(file);
            std::this_thread::sleep_for(kTurn);
        }
    }

private:
    void take_turn(Client& client) {
        if (client.fd < 0) return connect(client);
        std::array<char, 16> few;
        const ssize_t got =
            ::recv(client.fd, few.data(), client.kind == Kind::slow_reader ? 1 : few.size(), MSG_DONTWAIT);
        const bool over = got == 0 || (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK);
        // An answer to a request that is not complete says that the shop has had enough of it.
        if (over || (got > 0 && client.kind != Kind::slow_reader)) return leave(client);
        if (!client.begun) {
            client.begun = true;
            const std::string_view opening = opening_of(client.kind);
            send(client, opening);
        } else if (client.kind != Kind::slow_reader) {
            send(client, "x");
        }
    }

    void connect(Client& client) {
        client.fd = ::socket(target_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (client.fd < 0) throw std::runtime_error("no descriptors are left for the slow clients");
        if (client.kind == Kind::slow_reader)
            (void)::setsockopt(client.fd, SOL_SOCKET, SO_RCVBUF, &kReceiveBufferBytes, sizeof kReceiveBufferBytes);
        const int failed =
            ::connect(client.fd, reinterpret_cast<const sockaddr*>(&target_.address), target_.address_bytes);
        if (failed != 0 && errno != EINPROGRESS) {
            ++refused_;
            ::close(client.fd);
            client.fd = -1;
            return;
        }
        ++connected_;
        client.begun = false;
        client.next = steady_clock::now() + kTurn;  // says its first words once it is connected
    }

    void send(Client& client, std::string_view bytes) {
        if (::send(client.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
            leave(client);
    }

    void leave(Client& client) {
        ::close(client.fd);
        client.fd = -1;
        client.next = {};
        --connected_;
        ++thrown_out_;
    }

    void tell(const std::filesystem::path& file) const {
        // Renamed into place, so that nobody reads half of it.
        const std::filesystem::path next = file.string() + ".next";
        std::ofstream(next) << connected_ << ' ' << thrown_out_ << ' ' << refused_ << '\n';
        std::error_code ignored;
        std::filesystem::rename(next, file, ignored);
    }

    crowd::Target target_;
    std::vector<Client> clients_;
    std::int64_t connected_ = 0;
    std::int64_t thrown_out_ = 0;
    std::int64_t refused_ = 0;
};

Child start(const std::string& shop_url, std::size_t connections, const std::filesystem::path& file) {
    const auto target = crowd::Target::parse(shop_url);
    if (!target) throw std::runtime_error(target.error().message);
    return Child::run([&]() -> int { Clients{*target, connections}.run(file); });
}

}  // namespace

SlowClients::SlowClients(const std::string& shop_url, std::size_t connections, std::filesystem::path file)
    : file_(std::move(file)), child_(start(shop_url, connections, file_)) {}

SlowClients::Figures SlowClients::figures() const {
    Figures figures;
    std::ifstream(file_) >> figures.connected >> figures.thrown_out >> figures.refused;
    return figures;
}

}  // namespace marketday::drills
