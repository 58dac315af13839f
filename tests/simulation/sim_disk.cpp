#include "tests/simulation/sim_disk.hpp"

#include <sqlite3.h>

#include <cstring>

#include "base/assert.hpp"

namespace marketday::simulation {
namespace {

constexpr std::size_t kSector = 512;

thread_local SimDisk* the_disk = nullptr;
sqlite3_vfs* the_machines_own = nullptr;

void apply(std::string& bytes, const SimDisk::Change& change, std::size_t count) {
    if (change.cut_to) {
        bytes.resize(std::min(bytes.size(), *change.cut_to));
        return;
    }
    if (bytes.size() < change.offset + count) bytes.resize(change.offset + count);
    std::memcpy(bytes.data() + change.offset, change.after.data(), count);
}

void undo(std::string& bytes, const SimDisk::Change& change) {
    if (change.cut_to) {
        bytes.resize(*change.cut_to);
        bytes += change.before;
        return;
    }
    bytes.resize(change.size_before);
    std::memcpy(bytes.data() + change.offset, change.before.data(), change.before.size());
}

}  // namespace

SimDisk::~SimDisk() {
    if (the_disk == this) the_disk = nullptr;
}

SimDisk& SimDisk::mounted() {
    MD_ASSERT(the_disk != nullptr);
    return *the_disk;
}

void SimDisk::load(const Image& image) {
    for (const auto& [name, bytes] : image) files_[name].bytes = bytes;
}

SimDisk::Image SimDisk::image() const {
    Image image;
    for (const auto& [name, file] : files_) image[name] = file.bytes;
    return image;
}

bool SimDisk::counts_down() {
    if (writes_left_ && (*writes_left_)-- == 0) {
        writes_left_.reset();
        dead_ = true;
    }
    return dead_;
}

int SimDisk::luck_of_read() {
    if (dead_) return SQLITE_IOERR_READ;
    if (!happens(faults_.read_fails_per_10k)) return SQLITE_OK;
    ++failed_;
    return SQLITE_IOERR_READ;
}

int SimDisk::luck_of_write() {
    if (counts_down()) return SQLITE_IOERR_WRITE;
    if (!happens(faults_.write_fails_per_10k)) return SQLITE_OK;
    ++failed_;
    return random_.below(2) == 0 ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

int SimDisk::sync(File& file) {
    if (counts_down()) return SQLITE_IOERR_FSYNC;
    ++syncs_;
    if (faults_.syncs_are_lies) return SQLITE_OK;
    if (happens(faults_.sync_fails_per_10k)) {
        ++failed_;
        for (auto& change : file.changes) change.poisoned = change.poisoned || !change.synced;
        return SQLITE_IOERR_FSYNC;
    }
    for (auto& change : file.changes) change.synced = change.synced || !change.poisoned;
    while (!file.changes.empty() && file.changes.front().synced) file.changes.pop_front();
    return SQLITE_OK;
}

void SimDisk::write(File& file, std::size_t offset, const void* bytes, std::size_t count) {
    Change change;
    change.offset = offset;
    change.size_before = file.bytes.size();
    if (offset < file.bytes.size()) change.before = file.bytes.substr(offset, count);
    change.after.assign(static_cast<const char*>(bytes), count);
    apply(file.bytes, change, count);
    file.changes.push_back(std::move(change));
}

void SimDisk::truncate(File& file, std::size_t size) {
    if (size >= file.bytes.size()) return;
    Change change;
    change.cut_to = size;
    change.before = file.bytes.substr(size);
    change.size_before = file.bytes.size();
    file.bytes.resize(size);
    file.changes.push_back(std::move(change));
}

/// What was never synced is there, or is not, or is there in part: one by one, whatever their order.
void SimDisk::lose_power(File& file) {
    for (auto change = file.changes.rbegin(); change != file.changes.rend(); ++change) undo(file.bytes, *change);
    for (const Change& change : file.changes) {
        if (change.synced) {
            apply(file.bytes, change, change.after.size());
            continue;
        }
        const auto fate = random_.below(3);
        if (fate == 0) continue;
        std::size_t count = change.after.size();
        if (fate == 1 && count > kSector) {
            count = kSector * (1 + random_.below((count - 1) / kSector));
            ++torn_;
        }
        apply(file.bytes, change, count);
    }
}

void SimDisk::come_back(End end) {
    for (auto& [name, file] : files_) {
        MD_ASSERT(file.open == 0);
        if (end == End::power_lost) lose_power(file);
        // What a killed process wrote, the machine still has, and writes it in its own time.
        file.changes.clear();
        file.shm = {};
        file.readers = 0;
        file.reserved = file.exclusive = nullptr;
    }
    dead_ = false;
    writes_left_.reset();
}

// What SQLite calls.
namespace {

struct OpenFile {
    sqlite3_file base;
    SimDisk* disk;
    SimDisk::File* file;
    int lock;
    unsigned shared_mask;
    unsigned exclusive_mask;
};
OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<OpenFile*>(file); }

void unlock_shm(OpenFile& file) {
    for (unsigned slot = 0; slot < 8; ++slot) {
        if ((file.shared_mask & (1U << slot)) != 0) --file.file->shm.shared[slot];
        if ((file.exclusive_mask & (1U << slot)) != 0) file.file->shm.exclusive[slot] = false;
    }
    file.shared_mask = file.exclusive_mask = 0;
}

int unlock(sqlite3_file* handle, int level) {
    OpenFile& file = of(handle);
    if (level < SQLITE_LOCK_RESERVED && file.file->reserved == handle) file.file->reserved = nullptr;
    if (level < SQLITE_LOCK_EXCLUSIVE && file.file->exclusive == handle) file.file->exclusive = nullptr;
    if (level == SQLITE_LOCK_NONE && file.lock != SQLITE_LOCK_NONE) --file.file->readers;
    file.lock = level;
    return SQLITE_OK;
}

int lock(sqlite3_file* handle, int level) {
    OpenFile& file = of(handle);
    SimDisk::File& shared = *file.file;
    if (level <= file.lock) return SQLITE_OK;
    if (shared.exclusive != nullptr && shared.exclusive != handle) return SQLITE_BUSY;
    if (level >= SQLITE_LOCK_RESERVED && shared.reserved != nullptr && shared.reserved != handle) return SQLITE_BUSY;
    if (level == SQLITE_LOCK_EXCLUSIVE && shared.readers > 1) return SQLITE_BUSY;
    if (file.lock == SQLITE_LOCK_NONE) ++shared.readers;
    if (level >= SQLITE_LOCK_RESERVED) shared.reserved = handle;
    if (level == SQLITE_LOCK_EXCLUSIVE) shared.exclusive = handle;
    file.lock = level;
    return SQLITE_OK;
}

int close_file(sqlite3_file* handle) {
    OpenFile& file = of(handle);
    unlock(handle, SQLITE_LOCK_NONE);
    unlock_shm(file);
    --file.file->open;
    return SQLITE_OK;
}

int read_file(sqlite3_file* handle, void* into, int amount, sqlite3_int64 offset) {
    OpenFile& file = of(handle);
    if (const int code = file.disk->luck_of_read(); code != SQLITE_OK) return code;
    const auto& bytes = file.file->bytes;
    const auto wanted = static_cast<std::size_t>(amount);
    const auto from = static_cast<std::size_t>(offset);
    const std::size_t there = from < bytes.size() ? std::min(wanted, bytes.size() - from) : 0;
    if (there > 0) std::memcpy(into, bytes.data() + from, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(into) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

int write_file(sqlite3_file* handle, const void* from, int amount, sqlite3_int64 offset) {
    OpenFile& file = of(handle);
    if (const int code = file.disk->luck_of_write(); code != SQLITE_OK) return code;
    file.disk->write(*file.file, static_cast<std::size_t>(offset), from, static_cast<std::size_t>(amount));
    return SQLITE_OK;
}

int truncate_file(sqlite3_file* handle, sqlite3_int64 size) {
    OpenFile& file = of(handle);
    if (const int code = file.disk->luck_of_write(); code != SQLITE_OK) return code;
    file.disk->truncate(*file.file, static_cast<std::size_t>(size));
    return SQLITE_OK;
}

int sync_file(sqlite3_file* handle, int) { return of(handle).disk->sync(*of(handle).file); }

int size_of_file(sqlite3_file* handle, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(of(handle).file->bytes.size());
    return SQLITE_OK;
}

int is_reserved(sqlite3_file* handle, int* reserved) {
    *reserved = of(handle).file->reserved != nullptr ? 1 : 0;
    return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return static_cast<int>(kSector); }
// As SQLite takes it of Linux: a write damages nothing beside it.
int traits(sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

int shm_map(sqlite3_file* handle, int region, int size, int extend, void volatile** at) {
    auto& regions = of(handle).file->shm.regions;
    const auto index = static_cast<std::size_t>(region);
    *at = nullptr;
    if (regions.size() <= index && extend == 0) return SQLITE_OK;
    while (regions.size() <= index)
        regions.push_back(std::make_unique<unsigned char[]>(static_cast<std::size_t>(size)));
    *at = regions[index].get();
    return SQLITE_OK;
}

int shm_lock(sqlite3_file* handle, int offset, int n, int flags) {
    OpenFile& file = of(handle);
    auto& shm = file.file->shm;
    const bool shared = (flags & SQLITE_SHM_SHARED) != 0;
    for (int i = offset; i < offset + n; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(i);
        if ((flags & SQLITE_SHM_UNLOCK) != 0) continue;
        const bool mine = (file.shared_mask & bit) != 0;
        if (shm.exclusive[i] && (file.exclusive_mask & bit) == 0) return SQLITE_BUSY;
        if (!shared && shm.shared[i] > (mine ? 1 : 0)) return SQLITE_BUSY;
    }
    for (int i = offset; i < offset + n; ++i) {
        const unsigned bit = 1U << static_cast<unsigned>(i);
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            if (shared && (file.shared_mask & bit) != 0) --shm.shared[i];
            if (!shared && (file.exclusive_mask & bit) != 0) shm.exclusive[i] = false;
            (shared ? file.shared_mask : file.exclusive_mask) &= ~bit;
        } else if (shared) {
            if ((file.shared_mask & bit) == 0) ++shm.shared[i];
            file.shared_mask |= bit;
        } else {
            shm.exclusive[i] = true;
            file.exclusive_mask |= bit;
        }
    }
    return SQLITE_OK;
}

void shm_barrier(sqlite3_file*) {}

int shm_unmap(sqlite3_file* handle, int) {
    unlock_shm(of(handle));
    return SQLITE_OK;
}

const sqlite3_io_methods kMethods{.iVersion = 2,
                                  .xClose = close_file,
                                  .xRead = read_file,
                                  .xWrite = write_file,
                                  .xTruncate = truncate_file,
                                  .xSync = sync_file,
                                  .xFileSize = size_of_file,
                                  .xLock = lock,
                                  .xUnlock = unlock,
                                  .xCheckReservedLock = is_reserved,
                                  .xFileControl = control,
                                  .xSectorSize = sector_size,
                                  .xDeviceCharacteristics = traits,
                                  .xShmMap = shm_map,
                                  .xShmLock = shm_lock,
                                  .xShmBarrier = shm_barrier,
                                  .xShmUnmap = shm_unmap,
                                  .xFetch = nullptr,
                                  .xUnfetch = nullptr};

bool is_simulated(const char* name) {
    return name != nullptr && std::strncmp(name, SimDisk::kDirectory, std::strlen(SimDisk::kDirectory)) == 0;
}

int open_file(sqlite3_vfs*, const char* name, sqlite3_file* handle, int flags, int* out_flags) {
    if (!is_simulated(name)) return the_machines_own->xOpen(the_machines_own, name, handle, flags, out_flags);
    SimDisk& disk = SimDisk::mounted();
    handle->pMethods = nullptr;
    const auto known = disk.files().find(name);
    if (known == disk.files().end() && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
    OpenFile& file = of(handle);
    file = {{&kMethods}, &disk, &disk.files()[name], SQLITE_LOCK_NONE, 0, 0};
    ++file.file->open;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int delete_file(sqlite3_vfs*, const char* name, int sync_directory) {
    if (!is_simulated(name)) return the_machines_own->xDelete(the_machines_own, name, sync_directory);
    SimDisk& disk = SimDisk::mounted();
    if (disk.is_dead()) return SQLITE_IOERR_DELETE;
    return disk.files().erase(name) != 0 ? SQLITE_OK : SQLITE_IOERR_DELETE_NOENT;
}

int access_file(sqlite3_vfs*, const char* name, int flags, int* result) {
    if (!is_simulated(name)) return the_machines_own->xAccess(the_machines_own, name, flags, result);
    const auto& files = SimDisk::mounted().files();
    const auto file = files.find(name);
    *result = file != files.end() && (flags != SQLITE_ACCESS_EXISTS || !file->second.bytes.empty()) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs*, const char* name, int bytes_max, char* out) {
    if (!is_simulated(name)) return the_machines_own->xFullPathname(the_machines_own, name, bytes_max, out);
    sqlite3_snprintf(bytes_max, out, "%s", name);
    return SQLITE_OK;
}

void register_once() {
    static sqlite3_vfs vfs;
    if (the_machines_own != nullptr) return;
    the_machines_own = sqlite3_vfs_find(nullptr);
    vfs = *the_machines_own;
    vfs.szOsFile = std::max(the_machines_own->szOsFile, static_cast<int>(sizeof(OpenFile)));
    vfs.pNext = nullptr;
    vfs.zName = "marketday-sim";
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    vfs.xFullPathname = full_path;
    const int code = sqlite3_vfs_register(&vfs, 1);
    MD_ASSERT(code == SQLITE_OK);
}

}  // namespace

void SimDisk::mount() {
    register_once();
    the_disk = this;
}

}  // namespace marketday::simulation
