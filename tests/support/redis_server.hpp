#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A real Redis server on loopback, in a directory of its own, run by an unprivileged user. Ended with this process,
/// even when it crashes.
class RedisServer {
public:
    /// Throws std::runtime_error when it cannot be started. `settings`: further arguments, as --name value.
    explicit RedisServer(std::vector<std::string> settings = {});
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    /// One for all tests of a program.
    static RedisServer& shared();

    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    int port() const { return port_; }
    int pid() const { return pid_; }
    /// kill -9: it loses everything. And its start afterwards, on the same port.
    void kill();
    void start();

private:
    TemporaryDirectory directory_;
    std::vector<std::string> settings_;
    int port_ = 0;
    int pid_ = -1;
};

}  // namespace marketday
