#include "drills/temporary_directory.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace marketday::drills {

namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory(const std::string& name, bool keep) : keep_(keep) {
    std::string pattern = (fs::temp_directory_path() / fmt::format("marketday-{}-XXXXXX", name)).string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::runtime_error(fmt::format("cannot make a temporary directory in {}: {}; set TMPDIR",
                                             fs::temp_directory_path().string(), std::strerror(errno)));
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    if (!keep_) fs::remove_all(path_, ignored);
}

std::string text_of(const fs::path& file) {
    std::ifstream stream{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace marketday::drills
