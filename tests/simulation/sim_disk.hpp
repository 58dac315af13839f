#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace marketday::simulation {

/// The disk of one simulated machine, in memory, behind SQLite's own interface to files. It knows which writes have
/// been synced and which have not: a loss of power keeps, drops or tears each of the latter, as a real one does. Reads,
/// writes and syncs can fail, and it can go dead in the middle of any of them.
///
/// Names under `kDirectory` lie on the disk that is mounted in this thread; all others on the machine's own.
class SimDisk {
public:
    static constexpr const char* kDirectory = "/marketday-sim/";

    struct Faults {
        unsigned write_fails_per_10k = 0;  // half of them say that the disk is full
        unsigned sync_fails_per_10k = 0;   // and what was to be synced may never be
        unsigned read_fails_per_10k = 0;
        bool syncs_are_lies = false;  // planted: says "synced" and does nothing
    };
    /// What its files hold.
    using Image = std::map<std::string, std::string>;

    explicit SimDisk(std::uint64_t seed) : random_(seed) { mount(); }
    ~SimDisk();
    SimDisk(const SimDisk&) = delete;
    SimDisk& operator=(const SimDisk&) = delete;

    /// Makes it the disk of this thread.
    void mount();
    void load(const Image& image);
    Image image() const;
    void set_faults(Faults faults) { faults_ = faults; }

    /// While somebody only looks: nothing fails, unless it is dead.
    void be_quiet(bool quiet) { quiet_ = quiet; }

    /// Whatever reads or writes it from now on fails, and leaves no trace.
    void go_dead() { dead_ = true; }
    /// The same, `writes` writes or syncs from now.
    void go_dead_after(std::uint64_t writes) { writes_left_ = writes; }
    bool is_dead() const { return dead_; }

    enum class End { process_killed, power_lost };
    /// Alive again, with what was durable. All files must have been closed.
    void come_back(End end);

    std::uint64_t syncs() const { return syncs_; }
    std::uint64_t torn() const { return torn_; }
    std::uint64_t failed() const { return failed_; }

    // For the functions that SQLite calls.
    struct Change {
        std::size_t offset = 0;
        std::string before;  // what it wrote over
        std::string after;
        std::size_t size_before = 0;
        std::optional<std::size_t> cut_to;  // a truncation
        bool synced = false;
        bool poisoned = false;  // its sync failed: no later one will do it
    };
    struct Locks {
        std::vector<std::unique_ptr<unsigned char[]>> regions;
        int shared[8] = {};
        bool exclusive[8] = {};
    };
    struct File {
        std::string bytes;
        std::deque<Change> changes;  // not known to be durable, oldest first
        Locks shm;
        int open = 0;
        int readers = 0;  // connections with a shared lock or more
        const void* reserved = nullptr;
        const void* exclusive = nullptr;
    };
    static SimDisk& mounted();
    std::map<std::string, File>& files() { return files_; }
    /// SQLite's code of what happens to a read, write or sync now.
    int luck_of_read();
    int luck_of_write();
    int sync(File& file);
    void write(File& file, std::size_t offset, const void* bytes, std::size_t count);
    void truncate(File& file, std::size_t size);

private:
    bool happens(unsigned per_10k) { return per_10k > 0 && !quiet_ && random_.below(10'000) < per_10k; }
    bool counts_down();
    void lose_power(File& file);

    SeededRandom random_;
    std::map<std::string, File> files_;
    Faults faults_;
    bool dead_ = false;
    bool quiet_ = false;
    std::optional<std::uint64_t> writes_left_;
    std::uint64_t syncs_ = 0;
    std::uint64_t torn_ = 0;
    std::uint64_t failed_ = 0;
};

}  // namespace marketday::simulation
