#include "drills/faulty_disk.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <sstream>
#include <stdexcept>

#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr int kControlOfServer = 3;
constexpr int kAnswerWithinMs = 30'000;
constexpr milliseconds kUnmountWithin{5'000};

/// Beside this program, as the build leaves it.
fs::path program_of_disk() {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "marketday-disk";
    if (!fs::exists(program))
        throw std::runtime_error(fmt::format(
            "this drill needs {}: install libfuse3-dev and build the target marketday-disk", program.string()));
    return program;
}

}  // namespace

FaultyDisk::FaultyDisk(fs::path directory) : directory_(std::move(directory)), mount_point_(directory_ / "disk") {
    fs::create_directories(mount_point_);
    fs::create_directories(directory_ / "disk-files");
    mount();
}

FaultyDisk::~FaultyDisk() {
    try {
        unmount();
    } catch (const std::exception&) {  // interrupted while it waited: what follows is all that is left to do
        server_.reset();
    }
    ::umount2(mount_point_.c_str(), MNT_DETACH);
}

void FaultyDisk::mount() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        throw std::runtime_error("cannot make a pair of sockets");
    control_ = ends[0];
    const int theirs = ends[1];
    const auto hand_over = [theirs] {
        if (theirs == kControlOfServer) {
            ::fcntl(theirs, F_SETFD, 0);
        } else {
            ::dup2(theirs, kControlOfServer);
        }
    };
    server_ = Child::run_program(
        program_of_disk(),
        {(directory_ / "disk-files").string(), (directory_ / "disk-removed").string(), mount_point_.string()},
        directory_ / "disk.log", {{}, hand_over});
    ::close(theirs);
    pollfd ready{control_, POLLIN, 0};
    std::array<char, 16> text{};
    if (::poll(&ready, 1, kAnswerWithinMs) != 1 || ::read(control_, text.data(), text.size()) <= 0)
        throw std::runtime_error(fmt::format(
            "cannot mount a file system at {}: this drill needs /dev/fuse, and root or the package fuse3 (see {})",
            mount_point_.string(), (directory_ / "disk.log").string()));
}

void FaultyDisk::unmount() {
    if (!server_) return;
    // Not closed alone: a crowd that was forked meanwhile has the same socket.
    ::shutdown(control_, SHUT_RDWR);
    ::close(control_);
    control_ = -1;
    if (!server_->wait(kUnmountWithin)) {
        ::umount2(mount_point_.c_str(), MNT_DETACH);
        server_->kill();
    }
    server_.reset();
}

std::string FaultyDisk::tell(const std::string& command) {
    const std::string line = command + "\n";
    if (::send(control_, line.data(), line.size(), MSG_NOSIGNAL) < 0) throw std::runtime_error("the disk has ended");
    std::string answer;
    while (!answer.ends_with('\n')) {
        std::array<char, 128> text{};
        pollfd ready{control_, POLLIN, 0};
        if (::poll(&ready, 1, kAnswerWithinMs) != 1) throw std::runtime_error("the disk does not answer");
        const auto bytes = ::read(control_, text.data(), text.size());
        if (bytes <= 0) throw std::runtime_error("the disk has ended");
        answer.append(text.data(), static_cast<std::size_t>(bytes));
    }
    return answer;
}

void FaultyDisk::slow_down(std::chrono::microseconds each_sync) { tell(fmt::format("slow {}", each_sync.count())); }

void FaultyDisk::fail(Call call, std::int64_t after, std::int64_t times, int error, const std::string& ending) {
    tell(fmt::format("fail {} {} {} {} {}", call == Call::sync ? "sync" : "write", after, times, error, ending));
}

void FaultyDisk::heal() {
    fail(Call::write, 0, 0, 0);
    fail(Call::sync, 0, 0, 0);
}

FaultyDisk::Counts FaultyDisk::counts() {
    std::istringstream words{tell("counts")};
    Counts counts;
    words >> counts.writes >> counts.syncs >> counts.failed;
    return counts;
}

FaultyDisk::Dropped FaultyDisk::cut_power(std::uint64_t seed, bool everything) {
    std::istringstream words{tell(fmt::format("cut {} {}", everything ? "everything" : "random", seed))};
    Dropped dropped;
    words >> dropped.sectors_unsynced >> dropped.sectors_dropped >> dropped.sectors_torn >> dropped.names_undone;
    unmount();
    mount();
    return dropped;
}

}  // namespace marketday::drills
