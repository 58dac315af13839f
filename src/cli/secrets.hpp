#pragma once

#include <filesystem>

#include "base/hash.hpp"
#include "base/random.hpp"

namespace marketday::cli {

/// The shop's one secret, in `<data>/secret.key` (made once, mode 0600), and the keys derived from it by purpose.
/// Whoever has it can sign admissions and tickets; a backup must hold it.
class Secrets {
public:
    /// Throws std::runtime_error when the file cannot be read or made.
    Secrets(const std::filesystem::path& data, Random& random);
    Hash256 key_for(std::string_view purpose) const { return blake2b_keyed(root_, purpose); }

private:
    Hash256 root_{};
};

}  // namespace marketday::cli
