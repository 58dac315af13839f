#include "drills/interrupt.hpp"

#include <csignal>
#include <ctime>

namespace marketday::drills {
namespace {

volatile std::sig_atomic_t interrupted = 0;
struct sigaction previous_int;
struct sigaction previous_term;

void remember(int) { interrupted = 1; }

}  // namespace

InterruptGuard::InterruptGuard() {
    interrupted = 0;
    struct sigaction action{};
    action.sa_handler = remember;
    sigaction(SIGINT, &action, &previous_int);
    sigaction(SIGTERM, &action, &previous_term);
}

InterruptGuard::~InterruptGuard() {
    sigaction(SIGINT, &previous_int, nullptr);
    sigaction(SIGTERM, &previous_term, nullptr);
}

void check_interrupted() {
    if (interrupted != 0) throw Interrupted{};
}

void pause(std::chrono::milliseconds duration) {
    check_interrupted();
    const timespec time{.tv_sec = duration.count() / 1000, .tv_nsec = duration.count() % 1000 * 1'000'000};
    nanosleep(&time, nullptr);
    check_interrupted();
}

}  // namespace marketday::drills
