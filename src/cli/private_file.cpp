#include "cli/private_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace marketday::cli {

void write_private_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
    // Made under another name and then renamed: a file that is there is whole.
    const auto made = path.string() + ".new";
    const int descriptor = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = descriptor >= 0 &&
                         ::write(descriptor, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) &&
                         ::fsync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!written || ::rename(made.c_str(), path.c_str()) != 0)
        throw std::runtime_error(fmt::format("cannot write {}: {}; make the data directory writable for this user",
                                             path.string(), std::strerror(errno)));
    // The name must be as durable as the file before anybody relies on it.
    const int directory = ::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
}

void write_private_file(const std::filesystem::path& path, std::string_view text) {
    write_private_file(path, std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

}  // namespace marketday::cli
