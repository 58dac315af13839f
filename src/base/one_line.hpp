#pragma once

#include <string>
#include <string_view>

namespace marketday {

/// Foreign text for a message of one line: ASCII control characters become \xNN, so that it can neither begin a line of
/// its own nor speak to a terminal.
inline std::string one_line(std::string_view text) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            out += c;
            continue;
        }
        out += "\\x";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
    }
    return out;
}

}  // namespace marketday
