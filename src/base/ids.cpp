#include "base/ids.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace marketday {

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Uuid id;
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < 16; ++byte) {
        if (at == 8 || at == 13 || at == 18 || at == 23) {
            if (text[at++] != '-') return std::nullopt;
        }
        const int high = hex_digit(text[at]);
        const int low = hex_digit(text[at + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        id.bytes[byte] = static_cast<std::uint8_t>(high << 4 | low);
        at += 2;
    }
    return id;
}

std::string Uuid::to_string() const {
    std::string text(36, '-');
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < 16; ++byte) {
        if (at == 8 || at == 13 || at == 18 || at == 23) ++at;
        text[at++] = "0123456789abcdef"[bytes[byte] >> 4];
        text[at++] = "0123456789abcdef"[bytes[byte] & 15];
    }
    return text;
}

WallTime Uuid::created() const {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | bytes[i];
    return from_unix_ms(ms);
}

Uuid UuidSource::next(Bucket bucket) {
    Uuid id;
    random_.fill(id.bytes);
    std::int64_t ms = 0;
    std::uint16_t counter = 0;
    {
        const std::scoped_lock lock(mutex_);
        ms = to_unix_ms(clock_.wall_now());
        if (ms > last_ms_) {
            last_ms_ = ms;
            // Start low in the range, so that a burst within one millisecond rarely overflows.
            counter_ = static_cast<std::uint16_t>((id.bytes[6] << 8 | id.bytes[7]) & 0x1ff);
        } else if (++counter_ > 0xfff) {
            ++last_ms_;
            counter_ = 0;
        }
        ms = last_ms_;
        counter = counter_;
    }
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    id.bytes[6] = static_cast<std::uint8_t>(0x70 | counter >> 8);
    id.bytes[7] = static_cast<std::uint8_t>(counter);
    id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
    id.bytes[14] = static_cast<std::uint8_t>((id.bytes[14] & 0xf0) | (bucket >> 8 & 0x0f));
    id.bytes[15] = static_cast<std::uint8_t>(bucket);
    return id;
}

}  // namespace marketday
