#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"

namespace marketday::drills {

/// What a power cut leaves of a directory of files. The files themselves always hold what programs wrote (the page
/// cache's view); beside them this remembers, for every sector written since its file was last synced, what the disk
/// would still hold, and for every name changed since its directory was last synced, what stood there before. A cut
/// then puts a random part of that back, as a disk does whose cache was not flushed: sectors dropped, torn, kept in any
/// order, files shorter, names as they were. Directories made are taken to be there at once. Not thread-safe.
class DiskModel {
public:
    static constexpr std::int64_t kSectorBytes = 512;

    /// `root`: the files. `graveyard`: a directory on the same file system, outside of `root`, for files whose removal
    /// is not durable yet.
    DiskModel(std::filesystem::path root, std::filesystem::path graveyard);
    ~DiskModel();
    DiskModel(const DiskModel&) = delete;
    DiskModel& operator=(const DiskModel&) = delete;

    /// Before `bytes` at `offset` of the open file are written. `descriptor` can be read.
    void before_write(int descriptor, std::int64_t offset, std::int64_t bytes);
    /// Before the file gets another size.
    void before_resize(int descriptor, std::int64_t size);
    /// The file is durable as it is now, but for sectors that an earlier failed sync gave up.
    void synced(int descriptor);
    /// The sync failed: what was written since the last one is on no disk and, as on Linux, no later sync will bring it
    /// there unless it is written again.
    void sync_failed(int descriptor);

    // Names, relative to `root`; each does what it says and remembers how to undo it. 0 or an errno.
    void created(const std::string& name, int descriptor);
    int remove(const std::string& name);
    int rename(const std::string& from, const std::string& to);
    void directory_synced(const std::string& name);

    enum class Cut : std::uint8_t {
        random,      // each file keeps all, nothing, a prefix or a random part of what was not synced
        everything,  // nothing that was not synced is kept
    };
    struct Dropped {
        std::int64_t sectors_unsynced = 0;
        std::int64_t sectors_dropped = 0;
        std::int64_t sectors_torn = 0;
        std::int64_t names_undone = 0;
    };
    /// The power fails: makes the files what the disk would hold. Nothing may be written meanwhile.
    Dropped cut(Cut how, Random& random);

private:
    using Sector = std::array<std::uint8_t, kSectorBytes>;
    struct File {
        int descriptor = -1;                            // of our own
        std::int64_t synced_bytes = 0;                  // its size on the disk
        std::map<std::int64_t, Sector> undo;            // by sector: what the disk holds
        std::map<std::int64_t, Sector> given_up;        // the same, of sectors that no sync will bring there
        std::map<std::int64_t, std::uint64_t> written;  // by sector: in which order
    };
    struct NameChange {
        enum class Kind : std::uint8_t { created, removed, renamed } kind;
        std::string name;
        std::string from = {};                       // renamed
        std::optional<std::filesystem::path> grave;  // what stood under `name` before
    };

    File& file_of(int descriptor);
    void remember(File& file, std::int64_t first_sector, std::int64_t end_sector);
    std::optional<std::filesystem::path> bury(const std::string& name);
    void undo_names(Cut how, Random& random, Dropped& dropped);
    void undo_file(File& file, Cut how, Random& random, Dropped& dropped);

    std::filesystem::path root_;
    std::filesystem::path graveyard_;
    std::uint64_t buried_ = 0;
    std::uint64_t writes_ = 0;
    std::unordered_map<ino_t, File> files_;                        // that have something unsynced
    std::map<std::string, std::vector<NameChange>> name_changes_;  // by directory
};

}  // namespace marketday::drills
