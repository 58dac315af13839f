#pragma once

#include <cstddef>
#include <string_view>

namespace marketday {

/// The beginning of well-formed UTF-8, `bytes_max` bytes at most, never with a part of a character: what messages quote
/// of foreign text must stay text.
constexpr std::string_view clip_text(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
    return text.substr(0, bytes_max);
}

}  // namespace marketday
