#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "drills/child.hpp"

namespace marketday::drills {

/// A disk that fails on purpose: a directory served through FUSE by `marketday-disk`, which stands beside this program.
/// The shop on it is the real program, unchanged; everything that it writes (database, keys, pictures, mails, index)
/// goes through. Mounting needs /dev/fuse and root, or the setuid fusermount3 of the package fuse3.
class FaultyDisk {
public:
    /// Serves `directory`/disk from `directory`/disk-files. Throws std::runtime_error that says what to do.
    explicit FaultyDisk(std::filesystem::path directory);
    ~FaultyDisk();
    FaultyDisk(const FaultyDisk&) = delete;
    FaultyDisk& operator=(const FaultyDisk&) = delete;

    const std::filesystem::path& path() const { return mount_point_; }

    void fill(bool full) { tell(full ? "full 1" : "full 0"); }
    void lie(bool lying) { tell(lying ? "lie 1" : "lie 0"); }
    /// Each sync takes so much longer.
    void slow_down(std::chrono::microseconds each_sync);
    enum class Call : std::uint8_t { write, sync };
    /// The call after `after` further ones fails with `error` (an errno), and the `times`-1 that follow it; with an
    /// `ending`, only calls on files whose names end so are counted.
    void fail(Call call, std::int64_t after, std::int64_t times, int error, const std::string& ending = {});
    /// Forgets failures that have not struck yet.
    void heal();

    struct Counts {
        std::int64_t writes = 0;
        std::int64_t syncs = 0;
        std::int64_t failed = 0;
    };
    Counts counts();

    struct Dropped {
        std::int64_t sectors_unsynced = 0;
        std::int64_t sectors_dropped = 0;
        std::int64_t sectors_torn = 0;
        std::int64_t names_undone = 0;
    };
    /// The power fails; nobody may have a file open. What was not synced is lost as `seed` says, or all of it, and the
    /// disk is mounted anew.
    Dropped cut_power(std::uint64_t seed, bool everything = false);

private:
    void mount();
    void unmount();
    std::string tell(const std::string& command);

    std::filesystem::path directory_;
    std::filesystem::path mount_point_;
    std::optional<Child> server_;
    int control_ = -1;
};

}  // namespace marketday::drills
