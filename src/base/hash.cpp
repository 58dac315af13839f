#include "base/hash.hpp"

#include <sodium.h>

namespace marketday {
namespace {
const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
}  // namespace

Hash256 blake2b(std::span<const std::uint8_t> bytes) {
    Hash256 hash;
    crypto_generichash(hash.data(), hash.size(), bytes.data(), bytes.size(), nullptr, 0);
    return hash;
}

Hash256 blake2b(std::string_view text) { return blake2b(std::span{raw(text), text.size()}); }

Hash256 blake2b_keyed(std::span<const std::uint8_t> key, std::string_view text) {
    Hash256 hash;
    crypto_generichash(hash.data(), hash.size(), raw(text), text.size(), key.data(), key.size());
    return hash;
}

Hash256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view text) {
    Hash256 hash;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, raw(text), text.size());
    crypto_auth_hmacsha256_final(&state, hash.data());
    return hash;
}

Hash256 sha256(std::string_view text) {
    Hash256 hash;
    crypto_hash_sha256(hash.data(), raw(text), text.size());
    return hash;
}

bool equal_secret(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b) {
    return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace marketday
