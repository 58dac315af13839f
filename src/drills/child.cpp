#include "drills/child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "drills/interrupt.hpp"

namespace marketday::drills {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

pid_t fork_child() {
    std::fflush(nullptr);
    const pid_t parent = ::getpid();
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error(fmt::format("cannot start a process: {}", std::strerror(errno)));
    if (pid > 0) {
        // Both sides set it, so that it is set whoever runs first.
        ::setpgid(pid, pid);
        return pid;
    }
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    return 0;
}

[[noreturn]] void become(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& log, const Surroundings& surroundings) {
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (output < 0 || nothing < 0) ::_exit(127);
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    std::vector<char*> words;
    std::string name = "marketday";
    words.push_back(name.data());
    std::vector<std::string> copies = arguments;
    for (std::string& copy : copies) words.push_back(copy.data());
    words.push_back(nullptr);
    std::vector<std::string> added = surroundings.environment;
    for (std::string& variable : added) ::putenv(variable.data());
    if (surroundings.before_exec) surroundings.before_exec();
    ::execv(program.c_str(), words.data());
    ::_exit(127);
}

}  // namespace

Child Child::run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                         const std::filesystem::path& log, const Surroundings& surroundings) {
    const pid_t pid = fork_child();
    if (pid == 0) become(program, arguments, log, surroundings);
    return Child{pid};
}

Child Child::run(const std::function<int()>& work) {
    const pid_t pid = fork_child();
    if (pid != 0) return Child{pid};
    int code = 2;
    try {
        code = work();
    } catch (const std::exception& error) {
        fmt::print(stderr, "marketday: {}\n", error.what());
    }
    std::fflush(nullptr);
    ::_exit(code);
}

Child::~Child() { kill(); }

Child::Child(Child&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), exit_code_(std::exchange(other.exit_code_, std::nullopt)) {}

Child& Child::operator=(Child&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(exit_code_, other.exit_code_);
    return *this;
}

std::optional<int> Child::ended() {
    if (exit_code_ || pid_ < 0) return exit_code_;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

std::optional<int> Child::wait(milliseconds time) {
    const auto deadline = steady_clock::now() + time;
    while (!ended() && steady_clock::now() < deadline) pause(milliseconds{10});
    return exit_code_;
}

void Child::signal(int number) const {
    if (pid_ > 0 && !exit_code_) ::kill(pid_, number);
}

void Child::kill() {
    if (pid_ <= 0) return;
    // The group outlives its leader while any other member lives.
    ::kill(-pid_, SIGKILL);
    if (!exit_code_) {
        int status = 0;
        while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
        }
        exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    pid_ = -1;
}

}  // namespace marketday::drills
