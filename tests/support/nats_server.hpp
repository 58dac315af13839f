#pragma once

#include <filesystem>
#include <string>

#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A real NATS server with JetStream on loopback, in a directory of its own, run by an unprivileged user, that syncs
/// every message. Ended with this process, even when it crashes.
class NatsServer {
public:
    /// Throws std::runtime_error when it cannot be started. `settings`: further lines of its configuration.
    /// `authority`: a PEM file, when they ask for TLS.
    explicit NatsServer(const std::string& settings = {}, const std::filesystem::path& authority = {});
    ~NatsServer();
    NatsServer(const NatsServer&) = delete;
    NatsServer& operator=(const NatsServer&) = delete;
    /// One for all tests of a program.
    static NatsServer& shared();

    std::string url() const {
        return (authority_.empty() ? "nats://127.0.0.1:" : "tls://127.0.0.1:") + std::to_string(port_);
    }
    int port() const { return port_; }
    int pid() const { return pid_; }
    /// kill -9; and its start afterwards, on the same port.
    void kill();
    void start();
    /// Loses everything that it stored. While it is dead.
    void wipe();

private:
    TemporaryDirectory directory_;
    std::filesystem::path authority_;
    int port_ = 0;
    int pid_ = -1;
};

}  // namespace marketday
