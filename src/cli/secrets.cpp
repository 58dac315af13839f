#include "cli/secrets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <span>
#include <stdexcept>

#include "cli/private_file.hpp"

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
    write_private_file(path, std::span<const std::uint8_t>{root_});
}

}  // namespace marketday::cli
