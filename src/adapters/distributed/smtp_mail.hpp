#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>

#include "base/async/blocking.hpp"
#include "ports/mail.hpp"

namespace marketday::adapters {

/// Mail over SMTP (libcurl), to the shop's own relay: the server that a provider or a postfix gives it. One connection,
/// kept open between letters. A letter that this process has handed over is not handed over again under its id; a
/// second process or a restart may do so, with the same Message-ID.
class SmtpMail final : public ports::Mail {
public:
    enum class Tls : std::uint8_t { required, offered, none };
    struct Options {
        std::string server;  // smtp://HOST:PORT, smtps://HOST:PORT
        Tls tls = Tls::required;
        std::string tls_ca;    // a PEM file; empty: the system's
        std::string user;      // empty: no authentication
        std::string password;  // PLAIN or LOGIN, as the server offers
        std::string sender = "shop@localhost";
        std::string sender_name = "Marketday";
        milliseconds within{15'000};  // of one letter
    };
    /// `pool`: of one thread. Throws std::runtime_error when an option is wrong; does not connect.
    SmtpMail(BlockingPool& pool, Options options);
    ~SmtpMail() override;

    Task<Result<std::monostate, Error>> send(Letter letter) override;

    struct Figures {
        std::atomic<std::uint64_t> handed_over{0};
        std::atomic<std::uint64_t> refused{0};
        std::atomic<std::uint64_t> failed{0};  // to be tried again
    };
    const Figures& figures() const { return figures_; }

private:
    struct Wire;
    Result<std::monostate, Error> hand_over(const Letter& letter);

    BlockingPool& pool_;
    Options options_;
    Figures figures_;
    std::unique_ptr<Wire> wire_;
};

}  // namespace marketday::adapters
