#include "cli/secrets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace marketday::cli {

Secrets::Secrets(const std::filesystem::path& data, Random& random) {
    const auto path = data / "secret.key";
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor >= 0) {
        const auto length = ::read(descriptor, root_.data(), root_.size());
        ::close(descriptor);
        if (length != static_cast<ssize_t>(root_.size()))
            throw std::runtime_error(fmt::format("{} is damaged; bring it back from the last backup", path.string()));
        return;
    }
    // The gateway's books are made by a server, after its secret; an import alone leaves neither.
    if (std::filesystem::exists(data / "sandbox-gateway.db"))
        throw std::runtime_error(
            fmt::format("{} is missing beside a shop's database; bring it back from the last backup, or every ticket, "
                        "admission and "
                        "bucket made so far is lost",
                        path.string()));
    random.fill(root_);
    // Made under another name and then renamed: a secret that is there is whole.
    const auto made = path.string() + ".new";
    descriptor = ::open(made.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool written = descriptor >= 0 &&
                         ::write(descriptor, root_.data(), root_.size()) == static_cast<ssize_t>(root_.size()) &&
                         ::fsync(descriptor) == 0;
    if (descriptor >= 0) ::close(descriptor);
    if (!written || ::rename(made.c_str(), path.c_str()) != 0)
        throw std::runtime_error(fmt::format("cannot write {}: {}; make the data directory writable for this user",
                                             path.string(), std::strerror(errno)));
    // The name must be as durable as the file before anything is signed with it.
    const int directory = ::open(data.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory >= 0) {
        ::fsync(directory);
        ::close(directory);
    }
}

}  // namespace marketday::cli
