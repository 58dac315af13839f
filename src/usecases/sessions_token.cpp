#include "usecases/sessions_token.hpp"

#include <array>
#include <span>

#include "base/text.hpp"

namespace marketday::usecases {
namespace {
constexpr std::size_t kBytes = Token::kCharacters / 4 * 3;
}

Token make_token(Random& random, Bucket bucket) {
    std::array<std::uint8_t, kBytes> bytes{};
    random.fill(std::span{bytes}.first(kBytes - 2));
    bytes[kBytes - 2] = static_cast<std::uint8_t>(bucket >> 8);
    bytes[kBytes - 1] = static_cast<std::uint8_t>(bucket);
    Token token;
    token.text = to_base64url(bytes);
    token.key = blake2b(token.text);
    return token;
}

std::optional<Hash256> token_key(std::string_view text) {
    if (text.size() != Token::kCharacters) return std::nullopt;
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() != kBytes) return std::nullopt;
    if (((*bytes)[kBytes - 2] << 8 | (*bytes)[kBytes - 1]) >= kBucketCount) return std::nullopt;
    return blake2b(text);
}

std::string csrf_token_of(std::string_view token) {
    constexpr std::string_view kPurpose = "marketday csrf";
    const std::span key{reinterpret_cast<const std::uint8_t*>(token.data()), token.size()};
    const Hash256 hash = blake2b_keyed(key, kPurpose);
    return to_base64url(std::span{hash}.first(18));
}

}  // namespace marketday::usecases
