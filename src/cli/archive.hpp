#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.hpp"

namespace marketday::cli {

/// An archive cannot be written or read; one line that says why.
class ArchiveError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// One file of an archive, as the manifest names it.
struct ArchivedFile {
    std::string name;  // relative, '/' between folders, no "..", at most 255 bytes
    std::int64_t bytes = 0;
    Hash256 hash{};  // BLAKE2b-256 of the content
    bool operator==(const ArchivedFile&) const = default;
};

/// Writes a tar file (POSIX ustar, so any `tar` opens it), gzipped when its name ends in .gz or .tgz. Nothing has the
/// target's name before `finish`: an interrupted backup leaves the one before it as it was.
class ArchiveWriter {
public:
    explicit ArchiveWriter(std::filesystem::path target);
    /// Removes what was not finished.
    ~ArchiveWriter();
    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    /// Streams the file's bytes as they are; throws when it shrinks meanwhile.
    void add_file(const std::string& name, const std::filesystem::path& file);
    void add_text(const std::string& name, std::string_view text);
    const std::vector<ArchivedFile>& files() const { return files_; }
    /// Ends the archive, syncs it and gives it its name. The bytes it takes.
    std::int64_t finish();

private:
    struct Output;
    void begin(const std::string& name, std::int64_t bytes);
    void put(std::span<const std::uint8_t> bytes);
    void end(std::int64_t bytes);

    std::filesystem::path target_;
    std::filesystem::path partial_;
    std::unique_ptr<Output> output_;
    std::vector<ArchivedFile> files_;
    bool finished_ = false;
};

/// Extracts every file of `archive` below `directory` (which exists), each synced. What was written, hashes included.
/// Throws ArchiveError for what is no archive, is cut short, or has names that would leave `directory`.
std::vector<ArchivedFile> extract_archive(const std::filesystem::path& archive, const std::filesystem::path& directory);

/// Makes a rename in `directory` survive a loss of power.
void sync_directory(const std::filesystem::path& directory);
void sync_file(const std::filesystem::path& file);

}  // namespace marketday::cli
