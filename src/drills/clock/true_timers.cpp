// Preloaded before libfaketime by the clock drill. libfaketime moves the calendar, as it is told, and also every
// absolute time of a timerfd, one on the monotonic clock too, although that clock is left alone: after a jump ahead by
// six hours a timer of "at once" (1 ns after the machine's start, absolute) is asked of the kernel as -6 h, which is
// refused, and an event loop that has one thing due sleeps on. No jump of a real machine's clock does that, so timers
// go straight to the kernel here.

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

extern "C" __attribute__((visibility("default"))) int timerfd_settime(int descriptor, int flags,
                                                                      const itimerspec* wanted,
                                                                      itimerspec* before) noexcept {
    return static_cast<int>(::syscall(SYS_timerfd_settime, descriptor, flags, wanted, before));
}
