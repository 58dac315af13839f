#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "fleet/state.hpp"

namespace marketday::fleet {

/// What a program is started with. Everything not named here is the same for all: a session of its own, no input, and
/// an environment of PATH, LANG, TZ and HOME alone.
struct Launch {
    std::vector<std::string> command;    // the first empty: this program itself
    std::string user = {};               // "root" or none: as we are
    std::string network_namespace = {};  // empty: the machine's own
    std::filesystem::path directory = "/";
    std::filesystem::path log = {};  // its output, appended
    int descriptors = 0;             // 0: as we have
};

/// Starts it; throws std::runtime_error with one line when it cannot become that program.
ProcessMark launch(const Launch& launch);

struct Outcome {
    int exit_code = -1;  // -1: it was ended since its time was up
    std::string output;  // both of its outputs, at most a megabyte
};
/// Runs a program to its end, or to that of the thread that asks: nobody would hear of its outcome. `input` is written
/// to it.
Outcome run(const Launch& launch, std::string_view input, std::chrono::milliseconds time);
/// The same, but throws std::runtime_error with the program's last line when it fails.
std::string must_run(const Launch& launch, std::string_view input, std::chrono::milliseconds time);

/// Nothing when no such process runs (a dead one that nobody has waited for does not run).
std::optional<std::uint64_t> started_of(pid_t pid);
bool runs(const ProcessMark& process);
/// Its resident memory, bytes, and open descriptors; 0 when it is gone.
std::int64_t memory_bytes_of(pid_t pid);
int descriptors_of(pid_t pid);
/// Whether one of its threads stands still by SIGSTOP.
bool is_stopped(pid_t pid);

/// The user to run as: `user` itself if the machine has it, else "nobody". Throws for an engine's user that is missing.
std::string user_or_nobody(const std::string& user);
void give_to(const std::filesystem::path& path, const std::string& user);

/// Waits for children that have ended, so that none stays behind.
void reap();

}  // namespace marketday::fleet
