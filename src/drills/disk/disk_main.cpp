// A file system for drills: it hands everything on to a directory, remembers what was not synced, and fails as told.
// Its only client is `marketday drill`, which starts it with a socket on descriptor 3 and speaks the commands of
// faults.hpp.
#define FUSE_USE_VERSION 35
#include <fcntl.h>
#include <fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <dirent.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <thread>

#include "drills/disk/faults.hpp"

namespace marketday::drills {
namespace {

constexpr int kControl = 3;

Faults* faults = nullptr;
std::string root;

std::string real(const char* path) { return root + path; }
/// Without the leading slash, as the model names it.
std::string name_of(const char* path) { return path + 1; }
int as_result(std::int64_t code) { return code < 0 ? -errno : static_cast<int>(code); }
int descriptor_of(const fuse_file_info* info) { return static_cast<int>(info->fh); }

struct Descriptor {
    int value;
    explicit Descriptor(int from) : value(from) {}
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
};

int get_attributes(const char* path, struct stat* out, fuse_file_info* info) {
    return as_result(info != nullptr ? ::fstat(descriptor_of(info), out) : ::lstat(real(path).c_str(), out));
}

int make_directory(const char* path, mode_t mode) { return as_result(::mkdir(real(path).c_str(), mode)); }
int remove_directory(const char* path) { return as_result(::rmdir(real(path).c_str())); }

int remove_file(const char* path) {
    const std::scoped_lock lock{faults->mutex};
    return -faults->model.remove(name_of(path));
}

int rename_file(const char* from, const char* to, unsigned flags) {
    if (flags != 0) return -EINVAL;
    const std::scoped_lock lock{faults->mutex};
    struct stat status{};
    if (::lstat(real(from).c_str(), &status) != 0) return -errno;
    if (S_ISDIR(status.st_mode)) return as_result(::rename(real(from).c_str(), real(to).c_str()));
    return -faults->model.rename(name_of(from), name_of(to));
}

int change_mode(const char* path, mode_t mode, fuse_file_info* info) {
    return as_result(info != nullptr ? ::fchmod(descriptor_of(info), mode) : ::chmod(real(path).c_str(), mode));
}
int change_owner(const char* path, uid_t user, gid_t group, fuse_file_info* info) {
    return as_result(info != nullptr ? ::fchown(descriptor_of(info), user, group)
                                     : ::lchown(real(path).c_str(), user, group));
}
int change_times(const char* path, const timespec times[2], fuse_file_info* info) {
    return as_result(info != nullptr ? ::futimens(descriptor_of(info), times)
                                     : ::utimensat(AT_FDCWD, real(path).c_str(), times, AT_SYMLINK_NOFOLLOW));
}

int resize(const char* path, off_t size, fuse_file_info* info) {
    const std::scoped_lock lock{faults->mutex};
    const Descriptor opened{info == nullptr ? ::open(real(path).c_str(), O_RDWR | O_CLOEXEC) : -1};
    const int descriptor = info != nullptr ? descriptor_of(info) : opened.value;
    if (descriptor < 0) return -errno;
    if (const int error = faults->writes.next(descriptor)) return ++faults->failed_count, -error;
    struct stat status{};
    ::fstat(descriptor, &status);
    if (faults->full && size > status.st_size) return ++faults->failed_count, -ENOSPC;
    faults->model.before_resize(descriptor, size);
    return as_result(::ftruncate(descriptor, size));
}

/// The program's flags, but so that the model can read what is about to be overwritten.
int flags_for_us(int flags) {
    int ours = (flags & ~(O_ACCMODE | O_APPEND | O_TRUNC | O_EXCL | O_CREAT | O_DIRECT)) | O_CLOEXEC;
    return ours | ((flags & O_ACCMODE) == O_RDONLY ? O_RDONLY : O_RDWR);
}

int open_file(const char* path, fuse_file_info* info) {
    const int descriptor = ::open(real(path).c_str(), flags_for_us(info->flags));
    if (descriptor < 0) return -errno;
    info->fh = static_cast<std::uint64_t>(descriptor);
    return 0;
}

int create_file(const char* path, mode_t mode, fuse_file_info* info) {
    const std::scoped_lock lock{faults->mutex};
    if (faults->full) return ++faults->failed_count, -ENOSPC;
    struct stat status{};
    const bool there = ::lstat(real(path).c_str(), &status) == 0;
    const int descriptor = ::open(real(path).c_str(), flags_for_us(info->flags) | O_CREAT, mode);
    if (descriptor < 0) return -errno;
    if (!there) faults->model.created(name_of(path), descriptor);
    info->fh = static_cast<std::uint64_t>(descriptor);
    return 0;
}

int read_file(const char*, char* bytes, std::size_t size, off_t offset, fuse_file_info* info) {
    return as_result(::pread(descriptor_of(info), bytes, size, offset));
}

int write_file(const char*, const char* bytes, std::size_t size, off_t offset, fuse_file_info* info) {
    const std::scoped_lock lock{faults->mutex};
    ++faults->write_count;
    if (const int error = faults->writes.next(descriptor_of(info))) return ++faults->failed_count, -error;
    std::size_t room = size;
    if (faults->full) {
        // What is there may be written again; a file grows no further than its last block.
        struct stat status{};
        ::fstat(descriptor_of(info), &status);
        const std::int64_t end = status.st_blocks * 512;
        room = offset >= end ? 0 : std::min<std::size_t>(size, static_cast<std::size_t>(end - offset));
        if (room < size) ++faults->failed_count;
        if (room == 0) return -ENOSPC;
    }
    faults->model.before_write(descriptor_of(info), offset, static_cast<std::int64_t>(room));
    return as_result(::pwrite(descriptor_of(info), bytes, room, offset));
}

int file_system_figures(const char* path, struct statvfs* out) {
    const int code = as_result(::statvfs(real(path).c_str(), out));
    const std::scoped_lock lock{faults->mutex};
    if (faults->full) out->f_bfree = out->f_bavail = 0;
    return code;
}

int flush(const char*, fuse_file_info*) { return 0; }

int release(const char*, fuse_file_info* info) {
    ::close(descriptor_of(info));
    return 0;
}

int sync_file(const char*, int, fuse_file_info* info) {
    std::int64_t slow_us = 0;
    int error = 0;
    {
        const std::scoped_lock lock{faults->mutex};
        slow_us = faults->slow_us;
        ++faults->sync_count;
        error = faults->syncs.next(descriptor_of(info));
        if (error != 0) {
            ++faults->failed_count;
            faults->model.sync_failed(descriptor_of(info));
        }
    }
    if (slow_us > 0) ::usleep(static_cast<useconds_t>(slow_us));
    if (error != 0) return -error;
    // Durable only now, when it is said: a cut during a slow sync finds it undone. The machine under the drill stays
    // on, so nothing is flushed for real.
    const std::scoped_lock lock{faults->mutex};
    if (!faults->lying) faults->model.synced(descriptor_of(info));
    return 0;
}

struct OpenDirectory {
    DIR* entries;
    std::string name;
};
OpenDirectory* directory_of(const fuse_file_info* info) { return reinterpret_cast<OpenDirectory*>(info->fh); }

int open_directory(const char* path, fuse_file_info* info) {
    DIR* entries = ::opendir(real(path).c_str());
    if (entries == nullptr) return -errno;
    info->fh = reinterpret_cast<std::uint64_t>(new OpenDirectory{entries, name_of(path)});
    return 0;
}

int read_directory(const char*, void* buffer, fuse_fill_dir_t fill, off_t, fuse_file_info* info, fuse_readdir_flags) {
    DIR* entries = directory_of(info)->entries;
    ::rewinddir(entries);
    while (const dirent* entry = ::readdir(entries)) {
        if (fill(buffer, entry->d_name, nullptr, 0, static_cast<fuse_fill_dir_flags>(0)) != 0) break;
    }
    return 0;
}

int close_directory(const char*, fuse_file_info* info) {
    const std::unique_ptr<OpenDirectory> directory{directory_of(info)};
    ::closedir(directory->entries);
    return 0;
}

int sync_directory(const char*, int, fuse_file_info* info) {
    const std::scoped_lock lock{faults->mutex};
    if (!faults->lying) faults->model.directory_synced(directory_of(info)->name);
    return 0;
}

void* begin(fuse_conn_info*, fuse_config* config) {
    config->use_ino = 1;
    config->hard_remove = 1;
    config->nullpath_ok = 1;
    return nullptr;
}

fuse_operations operations() {
    fuse_operations all{};
    all.init = begin;
    all.getattr = get_attributes;
    all.mkdir = make_directory;
    all.rmdir = remove_directory;
    all.unlink = remove_file;
    all.rename = rename_file;
    all.chmod = change_mode;
    all.chown = change_owner;
    all.utimens = change_times;
    all.truncate = resize;
    all.open = open_file;
    all.create = create_file;
    all.read = read_file;
    all.write = write_file;
    all.statfs = file_system_figures;
    all.flush = flush;
    all.release = release;
    all.fsync = sync_file;
    all.opendir = open_directory;
    all.readdir = read_directory;
    all.releasedir = close_directory;
    all.fsyncdir = sync_directory;
    return all;
}

/// Answers the drill until it hangs up.
void obey_until_hung_up(fuse* file_system) {
    std::string line;
    char next = 0;
    while (::read(kControl, &next, 1) == 1) {
        if (next != '\n') {
            line += next;
            continue;
        }
        const std::string answer = faults->obey(line) + "\n";
        line.clear();
        if (::send(kControl, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) break;
    }
    fuse_exit(file_system);
    fuse_unmount(file_system);
}

int run(const std::string& files, const std::string& graveyard, const std::string& mount_point) {
    root = files;
    Faults state{files, graveyard};
    faults = &state;
    std::array<char*, 1> words{const_cast<char*>("marketday-disk")};
    fuse_args arguments = FUSE_ARGS_INIT(1, words.data());
    const fuse_operations all = operations();
    fuse* file_system = fuse_new(&arguments, &all, sizeof(all), nullptr);
    if (file_system == nullptr) return 2;
    if (fuse_mount(file_system, mount_point.c_str()) != 0) return 3;
    constexpr std::string_view kReady = "ready\n";
    ::send(kControl, kReady.data(), kReady.size(), MSG_NOSIGNAL);
    std::jthread control{[file_system] { obey_until_hung_up(file_system); }};
    fuse_loop_config config{};
    config.max_idle_threads = 8;
    fuse_loop_mt(file_system, &config);
    ::shutdown(kControl, SHUT_RDWR);
    control.join();
    fuse_destroy(file_system);
    return 0;
}

}  // namespace
}  // namespace marketday::drills

int main(int argc, char** argv) {
    if (argc != 4) {
        std::fprintf(stderr, "marketday-disk FILES GRAVEYARD MOUNT-POINT: started by `marketday drill`\n");
        return 2;
    }
    return marketday::drills::run(argv[1], argv[2], argv[3]);
}
