#include "drills/disk/disk_model.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "tests/support/temporary_directory.hpp"

namespace marketday::drills {
namespace {

namespace fs = std::filesystem;

/// A directory of files behind a model, written as the mounted disk does it.
struct Disk {
    TemporaryDirectory directory;
    fs::path root = directory.path() / "files";
    DiskModel model{(fs::create_directories(root), root), directory.path() / "removed"};
    SeededRandom random{7};

    int open(const std::string& name) {
        const bool fresh = !fs::exists(root / name);
        const int descriptor = ::open((root / name).c_str(), O_RDWR | O_CREAT, 0600);
        if (fresh) model.created(name, descriptor);
        return descriptor;
    }
    void write(int descriptor, std::int64_t offset, const std::string& bytes) {
        model.before_write(descriptor, offset, static_cast<std::int64_t>(bytes.size()));
        ASSERT_EQ(::pwrite(descriptor, bytes.data(), bytes.size(), offset), static_cast<ssize_t>(bytes.size()));
    }
    std::string read(const std::string& name) {
        std::ifstream file{root / name, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
};

TEST(DiskModel, keeps_what_was_synced_and_drops_what_was_not) {
    Disk disk;
    const int file = disk.open("a");
    disk.write(file, 0, std::string(1000, 'x'));
    disk.model.synced(file);
    disk.model.directory_synced("");
    disk.write(file, 500, std::string(3000, 'y'));
    const auto dropped = disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_EQ(disk.read("a"), std::string(1000, 'x'));
    EXPECT_EQ(dropped.sectors_dropped, 7);
    ::close(file);
}

TEST(DiskModel, keeps_random_sectors_of_what_was_not_synced) {
    int partly = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Disk disk;
        disk.random = SeededRandom{seed};
        const int file = disk.open("a");
        disk.write(file, 0, std::string(64 * 512, 'x'));
        disk.model.synced(file);
        disk.model.directory_synced("");
        for (int i = 0; i < 64; ++i) disk.write(file, i * 512, std::string(512, 'y'));
        disk.model.cut(DiskModel::Cut::random, disk.random);
        const std::string left = disk.read("a");
        ASSERT_EQ(left.size(), 64U * 512);
        const auto kept = std::count(left.begin(), left.end(), 'y');
        partly += kept > 0 && kept < 64 * 512;
        ::close(file);
    }
    EXPECT_GT(partly, 8);
}

TEST(DiskModel, a_failed_sync_is_not_made_good_by_the_next_one) {
    Disk disk;
    const int file = disk.open("a");
    disk.write(file, 0, std::string(1024, 'x'));
    disk.model.synced(file);
    disk.model.directory_synced("");
    disk.write(file, 0, std::string(512, 'y'));
    disk.model.sync_failed(file);
    disk.write(file, 512, std::string(512, 'z'));
    disk.model.synced(file);
    disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_EQ(disk.read("a"), std::string(512, 'x') + std::string(512, 'z'));
    ::close(file);
}

TEST(DiskModel, what_is_written_again_after_a_failed_sync_is_durable) {
    Disk disk;
    const int file = disk.open("a");
    disk.write(file, 0, std::string(512, 'x'));
    disk.model.sync_failed(file);
    disk.write(file, 0, std::string(512, 'y'));
    disk.model.synced(file);
    disk.model.directory_synced("");
    disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_EQ(disk.read("a"), std::string(512, 'y'));
    ::close(file);
}

TEST(DiskModel, names_are_as_they_were_when_their_directory_was_synced) {
    Disk disk;
    const int old_file = disk.open("settled");
    disk.write(old_file, 0, "old");
    disk.model.synced(old_file);
    disk.model.directory_synced("");
    const int fresh = disk.open("settled.part");
    disk.write(fresh, 0, "new");
    disk.model.synced(fresh);
    ASSERT_EQ(disk.model.rename("settled.part", "settled"), 0);
    EXPECT_EQ(disk.read("settled"), "new");
    disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_EQ(disk.read("settled"), "old");
    EXPECT_FALSE(fs::exists(disk.root / "settled.part"));
    ::close(old_file);
    ::close(fresh);
}

TEST(DiskModel, a_removed_file_is_back_unless_its_directory_was_synced) {
    Disk disk;
    const int file = disk.open("a");
    disk.write(file, 0, "x");
    disk.model.synced(file);
    disk.model.directory_synced("");
    ASSERT_EQ(disk.model.remove("a"), 0);
    EXPECT_FALSE(fs::exists(disk.root / "a"));
    disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_EQ(disk.read("a"), "x");
    ASSERT_EQ(disk.model.remove("a"), 0);
    disk.model.directory_synced("");
    disk.model.cut(DiskModel::Cut::everything, disk.random);
    EXPECT_FALSE(fs::exists(disk.root / "a"));
    ::close(file);
}

}  // namespace
}  // namespace marketday::drills
