#include "base/log_output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace marketday::log {
namespace {

// What poll(2) calls writable takes so much at once without waiting: a page of a pipe (pipe(7)), and more of a socket.
constexpr std::size_t kPieceBytes = 4096;

bool has_room(int descriptor) noexcept {
    pollfd asked{.fd = descriptor, .events = POLLOUT, .revents = 0};
    int ready = 0;
    do {
        ready = ::poll(&asked, 1, 0);
    } while (ready < 0 && errno == EINTR);
    return ready > 0;
}

/// How much of `text` was written before there was no more room.
std::size_t write_while_there_is_room(int descriptor, std::string_view text) noexcept {
    std::size_t done = 0;
    while (done < text.size() && has_room(descriptor)) {
        const ssize_t wrote = ::write(descriptor, text.data() + done, std::min(text.size() - done, kPieceBytes));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) break;
        done += static_cast<std::size_t>(wrote);
    }
    return done;
}

}  // namespace

bool LogOutput::put(std::string_view line) noexcept {
    if (within_line_) {
        if (write_while_there_is_room(descriptor_, "\n") == 0) return false;
        within_line_ = false;
    }
    const std::size_t done = write_while_there_is_room(descriptor_, line);
    within_line_ = done > 0 && done < line.size();
    return done == line.size();
}

}  // namespace marketday::log
