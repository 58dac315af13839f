#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace marketday::drills {

/// What differs for a child from its parent's own surroundings.
struct Surroundings {
    std::vector<std::string> environment = {};    // NAME=value, beside what the parent has
    std::function<void()> before_exec = nullptr;  // in the child: limits, groups; may only make system calls
};

/// A process of our own, in a process group of its own: it is killed with everything it started when this object goes,
/// and by the kernel should we be killed ourselves. Only from a program of one thread.
class Child {
public:
    /// Runs `program` with `arguments`; its output goes to the end of `log`.
    static Child run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                             const std::filesystem::path& log, const Surroundings& surroundings = {});
    /// Runs `work` in a fork; what it returns is the exit code. Its output stays ours.
    static Child run(const std::function<int()>& work);

    ~Child();
    Child(Child&& other) noexcept;
    Child& operator=(Child&& other) noexcept;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    pid_t pid() const { return pid_; }
    /// The exit code once it has ended (128 + the signal when one ended it); nothing while it runs.
    std::optional<int> ended();
    /// Waits at most `time`; throws Interrupted.
    std::optional<int> wait(std::chrono::milliseconds time);
    /// To the process alone.
    void signal(int number) const;
    /// kill -9 to it and all it started, and waits for its end.
    void kill();

private:
    explicit Child(pid_t pid) : pid_(pid) {}
    pid_t pid_ = -1;
    std::optional<int> exit_code_;
};

}  // namespace marketday::drills
