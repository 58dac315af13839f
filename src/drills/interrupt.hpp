#pragma once

#include <chrono>
#include <stdexcept>

namespace marketday::drills {

/// Somebody pressed Ctrl-C or sent SIGTERM. Leaves as an exception, so that everything started is put away on the way.
class Interrupted : public std::runtime_error {
public:
    Interrupted() : std::runtime_error("interrupted; everything that was started has been stopped and removed") {}
};

/// While one is alive, SIGINT and SIGTERM are remembered instead of ending the process. One at a time.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;
};

/// Throws Interrupted when there was a signal.
void check_interrupted();
/// Sleeps, and throws Interrupted at once when a signal comes.
void pause(std::chrono::milliseconds duration);

}  // namespace marketday::drills
