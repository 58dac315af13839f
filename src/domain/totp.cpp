#include "domain/totp.hpp"

#include <fmt/format.h>

#include "base/hmac_sha1.hpp"

namespace marketday::domain {

std::int64_t totp_step(WallTime now) { return to_unix_ms(now) / milliseconds{kTotpStep}.count(); }

std::string totp_code(std::span<const std::uint8_t> secret, std::int64_t step) {
    std::array<std::uint8_t, 8> counter{};
    for (std::size_t i = 0; i < counter.size(); ++i)
        counter[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(step) >> (8 * (7 - i)));
    const auto mac = hmac_sha1(secret, counter);
    // RFC 4226 section 5.3: the last four bits say where the 31 bits begin.
    const std::size_t at = mac.back() & 0x0f;
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) number = number << 8 | mac[at + i];
    return fmt::format("{:06}", (number & 0x7fff'ffff) % 1'000'000);
}

std::optional<std::int64_t> totp_match(std::span<const std::uint8_t> secret, std::string_view code, WallTime now,
                                       std::int64_t last_used) {
    if (code.size() != 6) return std::nullopt;
    const auto bytes = [](std::string_view text) {
        return std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    };
    const std::int64_t present = totp_step(now);
    std::optional<std::int64_t> matched;
    for (const std::int64_t step : {present - 1, present, present + 1}) {
        const std::string right = totp_code(secret, step);
        if (equal_secret(bytes(right), bytes(code)) && step > last_used) matched = step;
    }
    return matched;
}

std::string to_base32(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    std::string text;
    std::uint32_t bits = 0;
    int have = 0;
    for (const std::uint8_t byte : bytes) {
        bits = bits << 8 | byte;
        for (have += 8; have >= 5; have -= 5) text += kDigits[bits >> (have - 5) & 31];
    }
    if (have > 0) text += kDigits[bits << (5 - have) & 31];
    return text;
}

std::string otpauth_uri(std::string_view issuer, std::string_view account, const TotpSecret& secret) {
    return fmt::format("otpauth://totp/{0}:{1}?secret={2}&issuer={0}&algorithm=SHA1&digits=6&period={3}", issuer,
                       account, to_base32(secret), kTotpStep.count());
}

}  // namespace marketday::domain
