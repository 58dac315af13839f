#pragma once

#include <string>
#include <vector>

#include "tests/support/server_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A real SMTP server (tests/support/smtp_server.py) on loopback, run by an unprivileged user. Ended with this process.
class SmtpServer {
public:
    /// Throws std::runtime_error when it cannot be started. `wishes`: the script's.
    explicit SmtpServer(std::vector<std::string> wishes = {});
    ~SmtpServer();
    SmtpServer(const SmtpServer&) = delete;
    SmtpServer& operator=(const SmtpServer&) = delete;

    int port() const { return port_; }
    std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    std::string certificate() const { return (directory_.path() / "cert.pem").string(); }
    void freeze();
    /// The letters (".eml"), or what is known of each (".json").
    std::vector<std::string> files(const std::string& extension) const;

private:
    TemporaryDirectory directory_;
    int port_ = free_port();
    int pid_ = -1;
};

}  // namespace marketday
