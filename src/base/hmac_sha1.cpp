#include "base/hmac_sha1.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/assert.hpp"

namespace marketday {

std::array<std::uint8_t, 20> hmac_sha1(std::span<const std::uint8_t> key, std::span<const std::uint8_t> bytes) {
    std::array<std::uint8_t, 20> code{};
    unsigned int length = 0;
    const auto* made =
        HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes.data(), bytes.size(), code.data(), &length);
    MD_ASSERT(made != nullptr && length == code.size());
    return code;
}

}  // namespace marketday
