#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
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
    /// A Sentinel, with the lines of its configuration.
    static std::unique_ptr<RedisServer> sentinel(const std::string& configuration);
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;
    /// One for all tests of a program.
    static RedisServer& shared();

    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    int port() const { return port_; }
    int pid() const { return pid_; }
    const std::filesystem::path& directory() const { return directory_.path(); }
    /// The beginning of its answer to one line, as it comes; empty when nobody answers.
    std::string says(const std::string& line) const;
    /// kill -9: it loses everything. And its start afterwards, on the same port.
    void kill();
    void start();

private:
    RedisServer(std::vector<std::string> settings, const std::string& sentinel);

    TemporaryDirectory directory_;
    std::vector<std::string> settings_;
    bool is_sentinel_ = false;
    int port_ = 0;
    int pid_ = -1;
};

/// Three real Sentinels that watch the primary `shop` and give it up after `kDownAfter`.
class RedisSentinels {
public:
    static constexpr const char* kName = "shop";
    static constexpr std::chrono::milliseconds kDownAfter{500};
    explicit RedisSentinels(const RedisServer& primary);
    std::vector<std::string> urls() const;
    /// Whether they know each other and a replica, so that they can replace the primary.
    bool ready() const;

private:
    std::vector<std::unique_ptr<RedisServer>> servers_;
};

}  // namespace marketday
