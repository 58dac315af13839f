#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace marketday {

inline std::string big_endian(std::uint32_t value) {
    std::string text(4, '\0');
    for (int i = 0; i < 4; ++i) text[static_cast<std::size_t>(i)] = static_cast<char>(value >> (24 - 8 * i) & 0xff);
    return text;
}

inline std::uint32_t crc32_of(std::string_view bytes) {
    std::uint32_t crc = 0xffffffffU;
    for (const char c : bytes) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0xedb88320U : 0U);
    }
    return ~crc;
}

inline std::string png_chunk(std::string_view type, const std::string& content) {
    const std::string typed = std::string{type} + content;
    return big_endian(static_cast<std::uint32_t>(content.size())) + typed + big_endian(crc32_of(typed));
}

/// A plain grey-scale PNG of that size, as any program would write it.
inline std::string png_of(int width, int height) {
    // zlib's stored blocks: no compressor needed.
    std::string raw;
    for (int y = 0; y < height; ++y) {
        raw += '\0';
        for (int x = 0; x < width; ++x) raw += static_cast<char>((x + y) & 0xff);
    }
    std::string zlib = "\x78\x01";
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char c : raw) {
        a = (a + static_cast<unsigned char>(c)) % 65521;
        b = (b + a) % 65521;
    }
    for (std::size_t at = 0; at < raw.size(); at += 65535) {
        const std::size_t size = std::min<std::size_t>(65535, raw.size() - at);
        zlib += at + size == raw.size() ? '\1' : '\0';
        zlib += static_cast<char>(size & 0xff);
        zlib += static_cast<char>(size >> 8);
        zlib += static_cast<char>(~size & 0xff);
        zlib += static_cast<char>(~size >> 8 & 0xff);
        zlib += raw.substr(at, size);
    }
    zlib += big_endian(b << 16 | a);
    std::string header = big_endian(static_cast<std::uint32_t>(width)) + big_endian(static_cast<std::uint32_t>(height));
    header += std::string{"\x08\x00\x00\x00\x00", 5};
    return std::string{"\x89PNG\r\n\x1a\n"} + png_chunk("IHDR", header) + png_chunk("IDAT", zlib) +
           png_chunk("IEND", "");
}

}  // namespace marketday
