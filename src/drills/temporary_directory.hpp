#pragma once

#include <filesystem>
#include <string>

namespace marketday::drills {

/// A directory of our own under TMPDIR, removed with everything in it when this object goes, unless it is to be kept.
class TemporaryDirectory {
public:
    /// `name` becomes part of the directory's: marketday-NAME-XXXXXX. Throws std::runtime_error.
    TemporaryDirectory(const std::string& name, bool keep);
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    bool keep_;
    std::filesystem::path path_;
};

/// All bytes of a file; empty when it cannot be read.
std::string text_of(const std::filesystem::path& file);

}  // namespace marketday::drills
