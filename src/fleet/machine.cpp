#include "fleet/machine.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>

#include "base/one_line.hpp"

namespace marketday::fleet {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
namespace fs = std::filesystem;

constexpr std::size_t kOutputBytesMax = 1 << 20;

struct Account {
    uid_t user = 0;
    gid_t group = 0;
    std::string name;
    std::string home;
};

Account account_of(const std::string& name) {
    const passwd* found = ::getpwnam(name.c_str());
    if (found == nullptr)
        throw std::runtime_error(fmt::format(
            "this machine has no user \"{0}\"; install the package that makes it (apt-get install {0})", name));
    return {found->pw_uid, found->pw_gid, name, found->pw_dir};
}

/// Everything that is prepared before the fork, so that the child makes system calls only.
struct Prepared {
    Account account;
    std::vector<std::string> environment;
    std::vector<char*> words;
    std::vector<char*> variables;
    std::string name_space;
    int output = -1;
    int input = -1;
    int report = -1;   // CLOEXEC: an error's step and number
    pid_t parent = 0;  // with whom it ends; 0: with nobody
};

[[noreturn]] void give_up(int report, int step) {
    const std::array<int, 2> told{step, errno};
    static_cast<void>(!::write(report, told.data(), sizeof told));
    ::_exit(127);
}

constexpr std::array<const char*, 5> kSteps{"enter its network namespace", "open its log", "become its user",
                                            "enter its directory", "run"};

void become(const Launch& launch, Prepared& prepared) {
    ::setsid();
    if (!prepared.name_space.empty()) {
        const int space = ::open(prepared.name_space.c_str(), O_RDONLY | O_CLOEXEC);
        if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) give_up(prepared.report, 0);
    }
    if (prepared.output < 0) give_up(prepared.report, 1);
    ::dup2(prepared.input, STDIN_FILENO);
    ::dup2(prepared.output, STDOUT_FILENO);
    ::dup2(prepared.output, STDERR_FILENO);
    if (launch.descriptors > 0) {
        const auto limit = static_cast<rlim_t>(launch.descriptors);
        const rlimit both{limit, limit};
        if (::setrlimit(RLIMIT_NOFILE, &both) != 0) give_up(prepared.report, 2);
    }
    const int self = launch.command[0].empty() ? ::open("/proc/self/exe", O_PATH | O_CLOEXEC) : -1;
    if (prepared.account.user != 0 && (::initgroups(prepared.account.name.c_str(), prepared.account.group) != 0 ||
                                       ::setgid(prepared.account.group) != 0 || ::setuid(prepared.account.user) != 0))
        give_up(prepared.report, 2);
    // Only now: to become somebody else takes it back.
    if (prepared.parent > 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != prepared.parent) ::_exit(127);
    }
    if (::chdir(launch.directory.c_str()) != 0) give_up(prepared.report, 3);
    ::umask(0077);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::signal(number, SIG_DFL);
    if (self >= 0)
        ::fexecve(self, prepared.words.data(), prepared.variables.data());
    else
        ::execve(prepared.words[0], prepared.words.data(), prepared.variables.data());
    give_up(prepared.report, 4);
}

struct Started {
    pid_t pid = -1;
    int told = -1;  // closed by exec; else why not
};

/// `ends_with_us`: it is not to outlive this process, however that ends.
Started start(const Launch& launch, int input, int output, bool ends_with_us) {
    Prepared prepared;
    prepared.parent = ends_with_us ? ::getpid() : 0;
    prepared.account =
        launch.user.empty() || launch.user == "root" ? Account{0, 0, "root", "/root"} : account_of(launch.user);
    prepared.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "TZ=UTC",
                            "HOME=" + prepared.account.home};
    static std::string own_name = "marketday";
    std::vector<std::string> command = launch.command;
    if (command[0].empty()) command[0] = own_name;
    for (std::string& word : command) prepared.words.push_back(word.data());
    prepared.words.push_back(nullptr);
    for (std::string& variable : prepared.environment) prepared.variables.push_back(variable.data());
    prepared.variables.push_back(nullptr);
    if (!launch.network_namespace.empty()) prepared.name_space = "/run/netns/" + launch.network_namespace;
    prepared.input = input;
    prepared.output = output;
    std::array<int, 2> report{};
    if (::pipe2(report.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe can be made");
    prepared.report = report[1];
    const pid_t pid = ::fork();
    if (pid == 0) become(launch, prepared);
    ::close(report[1]);
    if (pid < 0) {
        ::close(report[0]);
        throw std::runtime_error(fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
    }
    return {pid, report[0]};
}

/// Throws when the child could not become its program.
void must_have_begun(const Launch& launch, const Started& started) {
    std::array<int, 2> told{};
    const ssize_t bytes = ::read(started.told, told.data(), sizeof told);
    ::close(started.told);
    if (bytes != sizeof told) return;
    ::waitpid(started.pid, nullptr, 0);
    const std::string program = launch.command[0].empty() ? "marketday" : launch.command[0];
    throw std::runtime_error(
        fmt::format("{} cannot {}: {}", program, kSteps[static_cast<std::size_t>(told[0])], std::strerror(told[1])));
}

std::string last_line(const std::string& text) {
    const auto end = text.find_last_not_of(" \n");
    if (end == std::string::npos) return "it said nothing";
    const auto begin = text.rfind('\n', end);
    return text.substr(begin + 1, end - begin);
}

/// Fields 3 and 22 of /proc/PID/stat.
std::optional<std::pair<char, std::uint64_t>> stat_of(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/stat", pid)};
    const std::string text{std::istreambuf_iterator<char>{file}, {}};
    const auto name_end = text.rfind(')');
    if (name_end == std::string::npos) return std::nullopt;
    std::istringstream fields{text.substr(name_end + 1)};
    char state = 0;
    fields >> state;
    std::string skipped;
    for (int field = 4; field < 22; ++field) fields >> skipped;
    std::uint64_t started = 0;
    if (!(fields >> started)) return std::nullopt;
    return std::pair{state, started};
}

}  // namespace

ProcessMark launch(const Launch& launch) {
    const int input = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const int output = ::open(launch.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const Started started = start(launch, input, output, false);
    ::close(input);
    ::close(output);
    must_have_begun(launch, started);
    return {started.pid, started_of(started.pid).value_or(0)};
}

Outcome run(const Launch& launch, std::string_view input, milliseconds time) {
    std::array<int, 2> to{};
    std::array<int, 2> from{};
    if (::pipe2(to.data(), O_CLOEXEC) != 0 || ::pipe2(from.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe can be made");
    const Started started = start(launch, to[0], from[1], true);
    ::close(to[0]);
    ::close(from[1]);
    // What we write here fits in a pipe.
    static_cast<void>(!::write(to[1], input.data(), input.size()));
    ::close(to[1]);
    Outcome outcome;
    const auto deadline = steady_clock::now() + time;
    std::array<char, 4096> buffer{};
    bool open = true;
    while (open && steady_clock::now() < deadline) {
        pollfd ready{from[0], POLLIN, 0};
        if (::poll(&ready, 1, 50) <= 0) continue;
        const ssize_t bytes = ::read(from[0], buffer.data(), buffer.size());
        open = bytes > 0 || (bytes < 0 && errno == EINTR);
        if (bytes > 0 && outcome.output.size() < kOutputBytesMax)
            outcome.output.append(buffer.data(), static_cast<std::size_t>(bytes));
    }
    ::close(from[0]);
    if (open) ::kill(-started.pid, SIGKILL);
    must_have_begun(launch, started);
    int status = 0;
    while (::waitpid(started.pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!open) outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return outcome;
}

std::string must_run(const Launch& launch, std::string_view input, milliseconds time) {
    Outcome outcome = run(launch, input, time);
    if (outcome.exit_code == 0) return std::move(outcome.output);
    const std::string said = one_line(last_line(outcome.output));
    if (outcome.exit_code < 0)
        throw std::runtime_error(fmt::format("{} did not end within {} s: {}", launch.command[0],
                                             std::chrono::duration_cast<std::chrono::seconds>(time).count(), said));
    throw std::runtime_error(fmt::format("{} failed ({}): {}", launch.command[0], outcome.exit_code, said));
}

std::optional<std::uint64_t> started_of(pid_t pid) {
    const auto stat = pid > 0 ? stat_of(pid) : std::nullopt;
    if (!stat || stat->first == 'Z' || stat->first == 'X') return std::nullopt;
    return stat->second;
}

bool runs(const ProcessMark& process) { return process.pid > 0 && started_of(process.pid) == process.started; }

bool is_stopped(pid_t pid) {
    const auto stat = stat_of(pid);
    return stat && stat->first == 'T';
}

std::int64_t memory_bytes_of(pid_t pid) {
    std::ifstream file{fmt::format("/proc/{}/statm", pid)};
    std::int64_t all = 0;
    std::int64_t resident = 0;
    file >> all >> resident;
    return resident * ::sysconf(_SC_PAGESIZE);
}

int descriptors_of(pid_t pid) {
    std::error_code failed;
    int count = 0;
    for (fs::directory_iterator entry{fmt::format("/proc/{}/fd", pid), failed}, end; !failed && entry != end;
         entry.increment(failed))
        ++count;
    return count;
}

std::string user_or_nobody(const std::string& user) {
    if (::getpwnam(user.c_str()) != nullptr) return user;
    if (user == "marketday") return "nobody";
    return account_of(user).name;
}

void give_to(const fs::path& path, const std::string& user) {
    const Account account = account_of(user);
    if (::lchown(path.c_str(), account.user, account.group) != 0)
        throw std::runtime_error(fmt::format("cannot give {} to {}: {}", path.string(), user, std::strerror(errno)));
}

void reap() {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
}

}  // namespace marketday::fleet
