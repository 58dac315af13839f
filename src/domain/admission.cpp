#include "domain/admission.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.hpp"

namespace marketday::domain {
namespace {

constexpr std::size_t kClaimBytes = 16 + 16 + 8;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kPurpose =
    "marketday-admission-1";  // So that no other signature of the key can pass for one.

using Tag = std::array<std::uint8_t, kTagBytes>;

Tag tag_of(std::span<const std::uint8_t> claims, const Hash256& key) {
    std::array<char, kPurpose.size() + kClaimBytes> signed_bytes;
    std::memcpy(signed_bytes.data(), kPurpose.data(), kPurpose.size());
    std::memcpy(signed_bytes.data() + kPurpose.size(), claims.data(), kClaimBytes);
    const Hash256 hash = blake2b_keyed(key, std::string_view{signed_bytes.data(), signed_bytes.size()});
    Tag tag;
    std::copy_n(hash.begin(), kTagBytes, tag.begin());
    return tag;
}

}  // namespace

std::string sign_admission(const Admission& admission, const Hash256& key) {
    std::array<std::uint8_t, kClaimBytes + kTagBytes> token;
    std::ranges::copy(admission.customer.uuid.bytes, token.begin());
    std::ranges::copy(admission.sale.uuid.bytes, token.begin() + 16);
    const auto expires_ms = static_cast<std::uint64_t>(to_unix_ms(admission.expires));
    for (std::size_t byte = 0; byte < 8; ++byte) token[32 + byte] = static_cast<std::uint8_t>(expires_ms >> (8 * byte));
    std::ranges::copy(tag_of(std::span{token}.first(kClaimBytes), key), token.begin() + kClaimBytes);
    return to_base64url(token);
}

Result<Admission, AdmissionError> verify_admission(std::string_view token, const Hash256& key, WallTime now) {
    constexpr std::size_t kTextBytes = (4 * (kClaimBytes + kTagBytes) + 2) / 3;
    if (token.size() != kTextBytes) return fail(AdmissionError::malformed);
    const auto bytes = from_base64url(token);
    if (!bytes || bytes->size() != kClaimBytes + kTagBytes) return fail(AdmissionError::malformed);
    const std::span<const std::uint8_t> all{*bytes};
    if (!equal_secret(tag_of(all.first(kClaimBytes), key), all.subspan(kClaimBytes)))
        return fail(AdmissionError::forged);

    Admission admission;
    std::ranges::copy(all.subspan(0, 16), admission.customer.uuid.bytes.begin());
    std::ranges::copy(all.subspan(16, 16), admission.sale.uuid.bytes.begin());
    std::uint64_t expires_ms = 0;
    for (std::size_t byte = 0; byte < 8; ++byte) expires_ms |= static_cast<std::uint64_t>(all[32 + byte]) << (8 * byte);
    admission.expires = from_unix_ms(static_cast<std::int64_t>(expires_ms));
    if (admission.expires <= now) return fail(AdmissionError::expired);
    return admission;
}

}  // namespace marketday::domain
