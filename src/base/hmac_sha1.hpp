#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace marketday {

/// HMAC-SHA-1 (RFC 2104), which is what one-time codes of authenticator apps are made of (RFC 4226). For nothing else.
std::array<std::uint8_t, 20> hmac_sha1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> bytes);

}  // namespace marketday
