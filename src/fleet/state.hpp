#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fleet/layout.hpp"

namespace marketday::fleet {

/// A process as the kernel tells it from every other that had or will have its number.
struct ProcessMark {
    pid_t pid = 0;
    std::uint64_t started = 0;  // field 22 of /proc/PID/stat
};

/// One thing that was started.
struct PartState {
    std::string name;
    std::string kind;  // "postgres", "process", "haproxy"
    std::string group;
    std::string host;
    std::string address;
    int port = 0;
    int admin_port = 0;
    bool serves_shoppers = false;
    std::string fingerprint;
    ProcessMark process;
    std::int64_t since_ms = 0;  // its start, Unix milliseconds
    int restarts = 0;           // by the keeper, since it was first started
    std::string condition;      // "starting", "ready", "not ready: …", "dead", "silent", "draining"
};

/// What a fleet is at the moment: written by its keeper alone.
struct State {
    std::string id;
    std::string network;             // "10.77.2."; empty: nothing is made
    std::vector<std::string> hosts;  // whose namespaces exist
    std::vector<PartState> parts;
    ProcessMark keeper;
    std::int64_t wish = 0;         // the serial of the wishes that were carried out last
    std::string doing;             // what is under way; empty: all is as wished
    std::string problem;           // why it cannot be as wished
    int failures = 0;              // in a row, with this problem at last
    std::int64_t retry_at_ms = 0;  // when it is tried again, Unix milliseconds; 0: nothing is to be tried again

    PartState* find(std::string_view part);
    const PartState* find(std::string_view part) const;
};

/// What somebody asked for: the topology's text and the wishes beside it, with a number that grows.
struct Wanted {
    std::int64_t serial = 0;
    std::string file;      // the topology's, for messages
    std::string topology;  // its text
    Wishes wishes;
    ProcessMark owner = {};  // when it is gone, so is the fleet, data and all; none: it stays
};

/// Both are whole or absent on disk: written aside and renamed. Reading an absent file gives an empty one; a damaged
/// one throws std::runtime_error.
State read_state(const std::filesystem::path& directory);
void write_state(const std::filesystem::path& directory, const State& state);
Wanted read_wanted(const std::filesystem::path& directory);
void write_wanted(const std::filesystem::path& directory, const Wanted& wanted);
/// Whole or not at all, with these permissions; the directory must exist.
void write_whole(const std::filesystem::path& file, std::string_view text, unsigned mode);

std::string_view name_of(Part::Kind kind);

}  // namespace marketday::fleet
