#include "base/text.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <numeric>
#include <stdexcept>

namespace marketday {

std::string to_hex(std::span<const std::uint8_t> bytes) {
    std::string text(bytes.size() * 2, '0');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
    }
    return text;
}

std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    std::vector<std::uint8_t> bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    }
    return bytes;
}

static std::string encoded(std::span<const std::uint8_t> bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.resize(text.size() - 1);  // The encoder counts its terminating zero.
    return text;
}

static std::optional<std::vector<std::uint8_t>> decoded(std::string_view text, int variant) {
    // libsodium takes some bytes above 0x7f for characters of the alphabet.
    if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7f; })) return std::nullopt;
    std::vector<std::uint8_t> bytes(text.size() / 4 * 3 + 3);
    std::size_t length = 0;
    const char* end = nullptr;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length, &end, variant) != 0 ||
        end != text.data() + text.size())
        return std::nullopt;
    bytes.resize(length);
    return bytes;
}

std::string to_base64url(std::span<const std::uint8_t> bytes) {
    return encoded(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<std::vector<std::uint8_t>> from_base64url(std::string_view text) {
    return decoded(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string to_base64(std::span<const std::uint8_t> bytes) { return encoded(bytes, sodium_base64_VARIANT_ORIGINAL); }
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text) {
    return decoded(text, sodium_base64_VARIANT_ORIGINAL);
}

bool is_valid_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
    const auto* const end = at + text.size();
    while (at < end) {
        const std::uint8_t lead = *at++;
        if (lead < 0x80) continue;
        int more = 0;
        std::uint32_t point = 0;
        std::uint32_t smallest = 0;
        if ((lead & 0xe0) == 0xc0) {
            more = 1, point = lead & 0x1fU, smallest = 0x80;
        } else if ((lead & 0xf0) == 0xe0) {
            more = 2, point = lead & 0x0fU, smallest = 0x800;
        } else if ((lead & 0xf8) == 0xf0) {
            more = 3, point = lead & 0x07U, smallest = 0x10000;
        } else {
            return false;
        }
        if (end - at < more) return false;
        for (; more > 0; --more, ++at) {
            if ((*at & 0xc0) != 0x80) return false;
            point = point << 6 | (*at & 0x3fU);
        }
        if (point < smallest || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return false;
    }
    return true;
}

std::string_view nearest(std::string_view wrong, std::span<const std::string_view> candidates) {
    std::string_view best;
    std::size_t best_distance = std::max<std::size_t>(2, wrong.size() / 2) + 1;
    std::vector<std::size_t> row;
    for (const auto candidate : candidates) {
        row.resize(candidate.size() + 1);
        std::iota(row.begin(), row.end(), std::size_t{0});
        for (std::size_t i = 1; i <= wrong.size(); ++i) {
            std::size_t diagonal = row[0];
            row[0] = i;
            for (std::size_t j = 1; j <= candidate.size(); ++j) {
                const std::size_t substituted = diagonal + (wrong[i - 1] == candidate[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
            }
        }
        if (row.back() < best_distance) best_distance = row.back(), best = candidate;
    }
    return best;
}

std::string to_rfc3339(std::int64_t unix_ms) {
    using namespace std::chrono;
    const sys_time<milliseconds> when{milliseconds{unix_ms}};
    const auto day = floor<days>(when);
    const year_month_day date{day};
    const hh_mm_ss time{when - day};
    if (static_cast<int>(date.year()) < 0 || static_cast<int>(date.year()) > 9999)
        throw std::out_of_range("RFC 3339 has years 0000 to 9999");
    // By hand: every order's answer has a time, and a general formatter takes half a microsecond for one.
    std::string text = "0000-00-00T00:00:00.000Z";
    const auto put = [&text](std::size_t last, std::int64_t number) {
        for (std::size_t at = last; number > 0; --at, number /= 10) text[at] = static_cast<char>('0' + number % 10);
    };
    put(3, static_cast<int>(date.year()));
    put(6, static_cast<unsigned>(date.month()));
    put(9, static_cast<unsigned>(date.day()));
    put(12, time.hours().count());
    put(15, time.minutes().count());
    put(18, time.seconds().count());
    put(22, time.subseconds().count());
    return text;
}

namespace {

/// Reads exactly `width` digits at `at` and steps over them.
bool read_digits(std::string_view text, std::size_t& at, std::size_t width, int& value) {
    if (at + width > text.size()) return false;
    const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + width, value);
    if (error != std::errc{} || end != text.data() + at + width || value < 0) return false;
    at += width;
    return true;
}

bool read_char(std::string_view text, std::size_t& at, char wanted) {
    if (at >= text.size() || text[at] != wanted) return false;
    ++at;
    return true;
}

}  // namespace

std::optional<std::int64_t> from_rfc3339(std::string_view text) {
    using namespace std::chrono;
    std::size_t at = 0;
    int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
    const bool date_read = read_digits(text, at, 4, y) && read_char(text, at, '-') && read_digits(text, at, 2, mo) &&
                           read_char(text, at, '-') && read_digits(text, at, 2, d) &&
                           (read_char(text, at, 'T') || read_char(text, at, ' '));
    if (!date_read || !read_digits(text, at, 2, h) || !read_char(text, at, ':') || !read_digits(text, at, 2, mi) ||
        !read_char(text, at, ':') || !read_digits(text, at, 2, s))
        return std::nullopt;
    int ms = 0;
    if (read_char(text, at, '.')) {
        int scale = 100;
        const std::size_t first = at;
        for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10)
            ms += scale * (text[at] - '0');
        if (at == first) return std::nullopt;
    }
    int offset_minutes = 0;
    if (!read_char(text, at, 'Z')) {
        if (at >= text.size() || (text[at] != '+' && text[at] != '-')) return std::nullopt;
        const int sign = text[at++] == '-' ? -1 : 1;
        int oh = 0, om = 0;
        if (!read_digits(text, at, 2, oh) || !read_char(text, at, ':') || !read_digits(text, at, 2, om))
            return std::nullopt;
        offset_minutes = sign * (oh * 60 + om);
    }
    const year_month_day date{year{y}, month{static_cast<unsigned>(mo)}, day{static_cast<unsigned>(d)}};
    if (at != text.size() || !date.ok() || h > 23 || mi > 59 || s > 60) return std::nullopt;
    const auto when = sys_days{date} + hours{h} + minutes{mi - offset_minutes} + seconds{s} + milliseconds{ms};
    return duration_cast<milliseconds>(when.time_since_epoch()).count();
}

}  // namespace marketday
