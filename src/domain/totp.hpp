#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/time.hpp"

namespace marketday::domain {

/// One-time codes of an authenticator app (RFC 6238): SHA-1, 6 digits, 30 s, which is what all apps understand.
inline constexpr seconds kTotpStep{30};
inline constexpr std::size_t kTotpSecretBytes = 20;
using TotpSecret = std::array<std::uint8_t, kTotpSecretBytes>;

/// The number of the 30 s that `now` lies in.
std::int64_t totp_step(WallTime now);

/// The code of one step, six digits.
std::string totp_code(std::span<const std::uint8_t> secret, std::int64_t step);

/// The step whose code `code` is: the present one, the one before or the one after (clocks differ), and only one later
/// than `last_used`, so that no code works twice. Nothing when it is none of them.
std::optional<std::int64_t> totp_match(std::span<const std::uint8_t> secret, std::string_view code, WallTime now,
                                       std::int64_t last_used);

/// RFC 4648 base 32 without padding, as people type a secret.
std::string to_base32(std::span<const std::uint8_t> bytes);

/// What an app reads from a QR code: otpauth://totp/ISSUER:ACCOUNT?secret=… Both are of [A-Za-z0-9._-].
std::string otpauth_uri(std::string_view issuer, std::string_view account, const TotpSecret& secret);

}  // namespace marketday::domain
