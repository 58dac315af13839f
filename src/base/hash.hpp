#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace marketday {

/// 32 bytes of BLAKE2b-256 (RFC 7693), plain or keyed.
using Hash256 = std::array<std::uint8_t, 32>;

Hash256 blake2b(std::span<const std::uint8_t> bytes);
Hash256 blake2b(std::string_view text);
Hash256 blake2b_keyed(std::span<const std::uint8_t> key, std::string_view text);

/// HMAC-SHA-256 (RFC 2104), for what outsiders must be able to recompute with any tool.
Hash256 hmac_sha256(std::span<const std::uint8_t> key, std::string_view text);
Hash256 sha256(std::string_view text);

/// Compares in time that does not depend on where two secrets differ.
bool equal_secret(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace marketday
