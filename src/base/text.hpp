#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace marketday {

/// The value of a hex digit, -1 if it is none.
constexpr int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string to_hex(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

/// base64url without padding (RFC 4648 section 5).
std::string to_base64url(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text);
/// base64 with padding (RFC 4648 section 4).
std::string to_base64(std::span<const std::uint8_t> bytes);
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

/// True for well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_valid_utf8(std::string_view text);

/// The candidate with the smallest edit distance to `wrong`, for "did you mean"; empty if none is near.
std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates);

/// RFC 3339 in UTC with milliseconds: 2026-11-21T05:00:00.000Z.
std::string to_rfc3339(std::int64_t unix_ms);
std::optional<std::int64_t> from_rfc3339(std::string_view text);

}  // namespace marketday
