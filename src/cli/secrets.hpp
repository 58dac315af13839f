#pragma once

#include <filesystem>
#include <optional>

#include "base/hash.hpp"
#include "base/random.hpp"

namespace marketday::cli {

/// The shop's one secret and the keys derived from it by purpose. Whoever has it can sign admissions and tickets.
class Secrets {
public:
    explicit Secrets(const Hash256& root) : root_(root) {}
    Hash256 key_for(std::string_view purpose) const { return blake2b_keyed(root_, purpose); }

private:
    Hash256 root_{};
};

/// The secret of a shop whose database is a file beside it, in `<data>/secret.key` (made once, mode 0600); a backup
/// must hold it. Throws std::runtime_error when the file cannot be read or made.
Hash256 secret_of_directory(const std::filesystem::path& data, Random& random);
/// The file's content, if there is one. Throws as above.
std::optional<Hash256> stored_secret(const std::filesystem::path& data);

}  // namespace marketday::cli
