#include "domain/customer_password.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <span>

namespace marketday::domain {
namespace {

std::string to_base64(std::span<const std::uint8_t> bytes) {
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
    std::string text(sodium_base64_ENCODED_LEN(bytes.size(), kVariant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), kVariant);
    text.pop_back();  // The encoder counts its terminating zero.
    return text;
}

std::string prefix(PasswordCost cost) {
    return fmt::format("$argon2id$v=19$m={},t={},p=1$", cost.memory_kib, cost.passes);
}

std::string to_phc_text(const PasswordSalt& salt, std::span<const std::uint8_t> hash, PasswordCost cost) {
    return prefix(cost) + to_base64(salt) + "$" + to_base64(hash);
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordSalt& salt, PasswordCost cost) {
    static_assert(std::tuple_size_v<PasswordSalt> == crypto_pwhash_argon2id_SALTBYTES);
    std::array<std::uint8_t, 32> hash{};
    const int failed =
        crypto_pwhash_argon2id(hash.data(), hash.size(), password.data(), password.size(), salt.data(), cost.passes,
                               std::size_t{cost.memory_kib} * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    if (failed != 0) return {};
    return to_phc_text(salt, hash, cost);
}

bool password_matches(std::string_view password, const std::string& hash) {
    if (hash.empty()) return false;
    return crypto_pwhash_argon2id_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

std::string unmatched_password_hash(const PasswordSalt& salt, const std::array<std::uint8_t, 32>& hash,
                                    PasswordCost cost) {
    return to_phc_text(salt, hash, cost);
}

bool password_needs_rehash(std::string_view hash, PasswordCost cost) { return !hash.starts_with(prefix(cost)); }

}  // namespace marketday::domain
