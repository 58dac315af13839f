#include "cli/secrets.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <span>
#include <stdexcept>

#include "cli/private_file.hpp"

namespace marketday::cli {

std::optional<Hash256> stored_secret(const std::filesystem::path& data) {
    const auto path = data / "secret.key";
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return std::nullopt;
    Hash256 root{};
    const auto length = ::read(descriptor, root.data(), root.size());
    ::close(descriptor);
    if (length != static_cast<ssize_t>(root.size()))
        throw std::runtime_error(fmt::format("{} is damaged; bring it back from the last backup", path.string()));
    return root;
}

Hash256 secret_of_directory(const std::filesystem::path& data, Random& random) {
    if (const auto stored = stored_secret(data)) return *stored;
    const auto path = data / "secret.key";
    // The gateway's books are made by a server, after its secret; an import alone leaves neither.
    if (std::filesystem::exists(data / "sandbox-gateway.db"))
        throw std::runtime_error(
            fmt::format("{} is missing beside a shop's database; bring it back from the last backup, or every ticket, "
                        "admission and "
                        "bucket made so far is lost",
                        path.string()));
    Hash256 root{};
    random.fill(root);
    write_private_file(path, std::span<const std::uint8_t>{root});
    return root;
}

}  // namespace marketday::cli
