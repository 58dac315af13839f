#pragma once

#include <cstdint>
#include <string_view>

namespace marketday::http {

enum class Encoding : std::uint8_t { identity, gzip, brotli };

/// The encodings that an Accept-Encoding header allows (RFC 9110 section 12.5.3).
struct Acceptable {
    bool gzip = false;
    bool brotli = false;
};
Acceptable acceptable_encodings(std::string_view accept_encoding);

/// Whether If-None-Match names `etag`. Compares weakly, as RFC 9110 section 13.1.2 asks, and takes the forms that
/// `variant_etag` makes for compressed bodies for the same.
bool etag_matches(std::string_view if_none_match, std::string_view etag);

/// A strong validator differs between encodings: `"abc"` becomes `"abc-gz"` or `"abc-br"`. The suffix goes before the
/// closing quote.
std::string_view etag_suffix(Encoding encoding);

}  // namespace marketday::http
