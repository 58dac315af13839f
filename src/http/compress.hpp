#pragma once

#include <string>
#include <string_view>

namespace marketday::http {

/// RFC 1952, level 1 (fast) to 9 (small).
std::string gzip(std::string_view body, int level);
/// RFC 7932, quality 0 (fast) to 11 (small).
std::string brotli(std::string_view body, int quality);

/// Text formats shrink; images and archives do not.
bool is_compressible(std::string_view content_type);

}  // namespace marketday::http
