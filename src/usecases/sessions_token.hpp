#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"

namespace marketday::usecases {

/// A secret that is handed out as text and stored as a hash: a session, a mailed link. 28 random bytes and the
/// customer's bucket, in base64url, so that a request finds its site without a look-up.
struct Token {
    static constexpr std::size_t kCharacters = 40;
    std::string text;
    Hash256 key{};  // what is stored
};

Token make_token(Random& random, Bucket bucket);

/// The stored form of a token's text; nothing for text that cannot be a token.
std::optional<Hash256> token_key(std::string_view text);

/// What X-CSRF-Token must say for the session of `token`: derived from it, so nothing is stored, and it tells nothing
/// about the token.
std::string csrf_token_of(std::string_view token);

}  // namespace marketday::usecases
