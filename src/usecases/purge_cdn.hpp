#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/time.hpp"
#include "ports/cdn.hpp"

namespace marketday::usecases {

/// Tells a CDN what has changed, at least once: at once, and again when every process of the shop surely knows of it
/// too, for what one of them answered from before would be kept else. What cannot be told is kept and tried again. What
/// is not known to have been told (at the start; when too much waits) is told as "everything". One executor.
class PurgeCdn {
public:
    struct Options {
        std::size_t keys_max = 2000;  // that wait or are to be repeated; past it, everything is purged
        std::array<milliseconds, 2> again_after{milliseconds{300}, milliseconds{2700}};
        milliseconds look_every{50};
        milliseconds pause_first{200};  // after a failure; doubles each time
        milliseconds pause_max{10'000};
    };
    /// What all that is kept carries.
    static constexpr const char* kEverything = "everything";

    PurgeCdn(ports::Cdn& cdn, const Clock& clock, Options options);

    /// Each 1..100 bytes of visible ASCII.
    void changed(const std::vector<std::string>& keys);
    /// Runs until the executor goes.
    Task<void> run();

    struct Figures {
        std::atomic<std::uint64_t> purges_total{0};  // requests that the CDN took
        std::atomic<std::uint64_t> keys_total{0};    // in them
        std::atomic<std::uint64_t> failures_total{0};
        std::atomic<std::uint64_t> overflows_total{0};
        std::atomic<std::uint64_t> waiting{0};  // keys that the CDN has not taken yet
    };
    const Figures& figures() const { return figures_; }

private:
    struct Wanted {
        Instant due{};
        std::size_t told = 0;      // times, since the last change
        std::uint64_t change = 0;  // which one
    };
    std::vector<std::string> due_keys() const;
    void count_waiting();

    ports::Cdn& cdn_;
    const Clock& clock_;
    Options options_;
    std::map<std::string, Wanted, std::less<>> wanted_;
    std::uint64_t changes_ = 0;
    Figures figures_;
};

}  // namespace marketday::usecases
