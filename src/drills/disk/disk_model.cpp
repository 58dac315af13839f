#include "drills/disk/disk_model.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;

std::int64_t size_of(int descriptor) {
    struct stat status{};
    return ::fstat(descriptor, &status) == 0 ? status.st_size : 0;
}

ino_t inode_of(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) throw std::runtime_error("cannot stat an open file");
    return status.st_ino;
}

std::string parent_of(const std::string& name) { return fs::path{name}.parent_path().string(); }

}  // namespace

DiskModel::DiskModel(fs::path root, fs::path graveyard) : root_(std::move(root)), graveyard_(std::move(graveyard)) {
    fs::create_directories(graveyard_);
}

DiskModel::~DiskModel() {
    for (auto& [inode, file] : files_) ::close(file.descriptor);
}

DiskModel::File& DiskModel::file_of(int descriptor) {
    const auto [entry, fresh] = files_.try_emplace(inode_of(descriptor));
    File& file = entry->second;
    if (fresh) {
        // A descriptor of our own keeps the inode ours, and works when the program's is closed or read-only.
        file.descriptor = ::open(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), O_RDWR | O_CLOEXEC);
        if (file.descriptor < 0) file.descriptor = ::dup(descriptor);
        file.synced_bytes = size_of(descriptor);
    }
    return file;
}

void DiskModel::remember(File& file, std::int64_t first_sector, std::int64_t end_sector) {
    ++writes_;
    for (std::int64_t sector = first_sector; sector < end_sector; ++sector) {
        file.written[sector] = writes_;
        if (file.undo.contains(sector)) continue;
        if (const auto given_up = file.given_up.find(sector); given_up != file.given_up.end()) {
            file.undo.insert(file.given_up.extract(given_up));
            continue;
        }
        Sector before{};
        // Beyond what was synced the disk holds nothing.
        if (sector * kSectorBytes < file.synced_bytes)
            (void)!::pread(file.descriptor, before.data(), before.size(), sector * kSectorBytes);
        file.undo.emplace(sector, before);
    }
}

void DiskModel::before_write(int descriptor, std::int64_t offset, std::int64_t bytes) {
    if (bytes <= 0) return;
    remember(file_of(descriptor), offset / kSectorBytes, (offset + bytes + kSectorBytes - 1) / kSectorBytes);
}

void DiskModel::before_resize(int descriptor, std::int64_t size) {
    File& file = file_of(descriptor);
    remember(file, size / kSectorBytes, (file.synced_bytes + kSectorBytes - 1) / kSectorBytes);
}

void DiskModel::synced(int descriptor) {
    const auto entry = files_.find(inode_of(descriptor));
    if (entry == files_.end()) return;
    File& file = entry->second;
    file.undo.clear();
    file.written.clear();
    file.synced_bytes = size_of(descriptor);
    if (!file.given_up.empty()) return;
    ::close(file.descriptor);
    files_.erase(entry);
}

void DiskModel::sync_failed(int descriptor) {
    const auto entry = files_.find(inode_of(descriptor));
    if (entry == files_.end()) return;
    File& file = entry->second;
    file.given_up.merge(file.undo);
    file.undo.clear();
    file.written.clear();
}

void DiskModel::created(const std::string& name, int descriptor) {
    file_of(descriptor).synced_bytes = 0;
    name_changes_[parent_of(name)].push_back({NameChange::Kind::created, name, {}, std::nullopt});
}

std::optional<fs::path> DiskModel::bury(const std::string& name) {
    const fs::path path = root_ / name;
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
    fs::path grave = graveyard_ / std::to_string(buried_++);
    if (::rename(path.c_str(), grave.c_str()) != 0) return std::nullopt;
    return grave;
}

int DiskModel::remove(const std::string& name) {
    auto grave = bury(name);
    if (!grave) return errno;
    name_changes_[parent_of(name)].push_back({NameChange::Kind::removed, name, {}, std::move(grave)});
    return 0;
}

int DiskModel::rename(const std::string& from, const std::string& to) {
    auto grave = bury(to);
    if (::rename((root_ / from).c_str(), (root_ / to).c_str()) != 0) {
        const int error = errno;
        if (grave) (void)::rename(grave->c_str(), (root_ / to).c_str());
        return error;
    }
    name_changes_[parent_of(to)].push_back({NameChange::Kind::renamed, to, from, std::move(grave)});
    return 0;
}

void DiskModel::directory_synced(const std::string& name) {
    const auto changes = name_changes_.find(name);
    if (changes == name_changes_.end()) return;
    for (const NameChange& change : changes->second)
        if (change.grave) (void)::unlink(change.grave->c_str());
    name_changes_.erase(changes);
}

void DiskModel::undo_names(Cut how, Random& random, Dropped& dropped) {
    for (auto& [directory, changes] : name_changes_) {
        // A journalled file system keeps the order of its names: a prefix of them is there.
        const std::size_t kept = how == Cut::everything ? 0 : random.below(changes.size() + 1);
        for (std::size_t i = changes.size(); i > kept; --i) {
            const NameChange& change = changes[i - 1];
            const fs::path path = root_ / change.name;
            if (change.kind == NameChange::Kind::created) (void)::unlink(path.c_str());
            if (change.kind == NameChange::Kind::renamed) (void)::rename(path.c_str(), (root_ / change.from).c_str());
            if (change.grave) (void)::rename(change.grave->c_str(), path.c_str());
            ++dropped.names_undone;
        }
    }
    name_changes_.clear();
}

void DiskModel::undo_file(File& file, Cut how, Random& random, Dropped& dropped) {
    enum class Kept : std::uint8_t { all, nothing, prefix, some };
    const Kept kept = how == Cut::everything ? Kept::nothing : static_cast<Kept>(random.below(4));
    const std::uint64_t first =
        file.written.empty()
            ? 0
            : std::ranges::min_element(file.written, {}, [](const auto& e) { return e.second; })->second;
    const std::uint64_t until = first + random.below(writes_ - std::min(first, writes_) + 1);
    const std::uint64_t some_percent = 1 + random.below(99);
    std::int64_t end_bytes = file.synced_bytes;
    const std::int64_t size = size_of(file.descriptor);
    for (const auto& [sector, before] : file.undo) {
        ++dropped.sectors_unsynced;
        const bool keep = kept == Kept::all || (kept == Kept::prefix && file.written[sector] < until) ||
                          (kept == Kept::some && random.below(100) < some_percent);
        if (keep) {
            end_bytes = std::max(end_bytes, std::min(size, (sector + 1) * kSectorBytes));
            continue;
        }
        // Now and then a sector is half written.
        const bool torn = kept == Kept::some && random.below(8) == 0;
        const std::size_t from = torn ? random.below(kSectorBytes) : 0;
        (void)!::pwrite(file.descriptor, before.data() + from, before.size() - from,
                        sector * kSectorBytes + static_cast<std::int64_t>(from));
        if (torn) end_bytes = std::max(end_bytes, std::min(size, (sector + 1) * kSectorBytes));
        ++(torn ? dropped.sectors_torn : dropped.sectors_dropped);
    }
    for (const auto& [sector, before] : file.given_up) {
        ++dropped.sectors_unsynced;
        ++dropped.sectors_dropped;
        (void)!::pwrite(file.descriptor, before.data(), before.size(), sector * kSectorBytes);
    }
    (void)!::ftruncate(file.descriptor, kept == Kept::all ? size : end_bytes);
}

DiskModel::Dropped DiskModel::cut(Cut how, Random& random) {
    Dropped dropped;
    // In a settled order, so that a seed does the same again.
    std::vector<std::pair<ino_t, File*>> files;
    for (auto& [inode, file] : files_) files.emplace_back(inode, &file);
    std::ranges::sort(files, {}, &std::pair<ino_t, File*>::first);
    for (auto& [inode, file] : files) {
        undo_file(*file, how, random, dropped);
        ::close(file->descriptor);
    }
    files_.clear();
    undo_names(how, random, dropped);
    return dropped;
}

}  // namespace marketday::drills
