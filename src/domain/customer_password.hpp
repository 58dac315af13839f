#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace marketday::domain {

/// What one argon2id hash costs (RFC 9106). The default is OWASP's minimum for passwords: 19 MiB, two passes, one lane.
struct PasswordCost {
    std::uint32_t memory_kib = 19'456;
    std::uint32_t passes = 2;
    bool operator==(const PasswordCost&) const = default;
};

using PasswordSalt = std::array<std::uint8_t, 16>;

/// Hashes a prepared password into PHC text: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`. Takes tens of milliseconds and
/// `memory_kib`: never on an executor. Empty when that memory cannot be had.
std::string hash_password(std::string_view password, const PasswordSalt& salt, PasswordCost cost);
/// As slow as the cost in `hash` says. False for text that is no such hash.
bool password_matches(std::string_view password, const std::string& hash);
/// Whether `hash` was made with another cost, and should be made again when the password is next seen.
bool password_needs_rehash(std::string_view hash, PasswordCost cost);
/// PHC text of this cost that no password is known for: comparing with it takes as long as comparing with a real one.
std::string unmatched_password_hash(const PasswordSalt& salt, const std::array<std::uint8_t, 32>& hash,
                                    PasswordCost cost);

}  // namespace marketday::domain
