#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "drills/child.hpp"
#include "drills/operated_shop.hpp"

namespace marketday::drills {

/// A `marketday serve` of our own on one data directory: started, asked, killed, started again on the same ports.
/// What goes wrong throws std::runtime_error with one line.
class ShopProcess final : public OperatedShop {
public:
    struct Options {
        std::filesystem::path data;
        std::filesystem::path log;          // its output
        std::vector<std::string> settings;  // key=value, for --set
        Surroundings surroundings = {};
        std::filesystem::path program = "/proc/self/exe";
    };
    explicit ShopProcess(Options options) : options_(std::move(options)) {}

    /// Starts it and waits until it answers: on free ports the first time, on the same ones again.
    void start();
    /// The first half of start(): the process exists, and may not answer yet.
    void launch();
    /// kill -9.
    void kill() { child_.reset(); }
    /// Sends a signal to the process alone: SIGSTOP, SIGCONT.
    void signal(int number) const {
        if (child_) child_->signal(number);
    }
    pid_t pid() const { return child_ ? child_->pid() : -1; }
    /// The exit code when it has ended by itself or was killed from outside; nothing while it runs.
    std::optional<int> ended() { return child_ ? child_->ended() : std::nullopt; }
    /// SIGTERM; its exit code, or nothing when it had not ended within `time`.
    std::optional<int> stop(std::chrono::milliseconds time);
    void check_running() override;

    const std::filesystem::path& data() const { return options_.data; }
    std::filesystem::path database() const { return options_.data / "marketday.db"; }

private:
    bool read_addresses();
    std::string last_words() const;

    Options options_;
    std::optional<Child> child_;
};

}  // namespace marketday::drills
