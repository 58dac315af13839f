#include "adapters/stored/letter_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/text.hpp"

namespace marketday::adapters {
namespace {

std::string base64_of(std::string_view text) {
    return to_base64(std::span{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

bool is_plain_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; }) &&
           text.find("=?") == std::string_view::npos;
}

/// RFC 2047: words of at most 75 characters, cut between characters.
std::string encode_words(std::string_view text) {
    if (is_plain_ascii(text)) return std::string{text};
    constexpr std::size_t kWordBytesMax = 45;  // 60 in base64, and 12 around it
    std::string encoded;
    while (!text.empty()) {
        std::size_t length = std::min(kWordBytesMax, text.size());
        while (length > 1 && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xc0) == 0x80)
            --length;
        if (!encoded.empty()) encoded += "\r\n ";
        encoded += "=?UTF-8?B?" + base64_of(text.substr(0, length)) + "?=";
        text.remove_prefix(length);
    }
    return encoded;
}

std::string wrap_base64(std::string_view text) {
    const std::string encoded = base64_of(text);
    std::string lines;
    for (std::size_t at = 0; at < encoded.size(); at += 76) lines += encoded.substr(at, 76) + "\r\n";
    return lines;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

}  // namespace

bool is_safe_letter(const ports::Mail::Letter& letter) {
    return !has_control(letter.to) && !has_control(letter.subject);
}

std::string to_message(const ports::Mail::Letter& letter, const std::string& sender, const std::string& sender_name) {
    const std::string id = letter.id.to_string();
    const std::string domain = sender.substr(sender.find('@') + 1);
    const auto written_s = std::chrono::floor<seconds>(letter.written_at);
    const std::string date =
        fmt::format("{:%a, %d %b %Y %H:%M:%S +0000}", fmt::gmtime(written_s.time_since_epoch().count()));
    return fmt::format(
        "Date: {}\r\nFrom: {} <{}>\r\nTo: {}\r\nMessage-ID: <{}@{}>\r\nSubject: {}\r\nMIME-Version: 1.0\r\n"
        "Auto-Submitted: auto-generated\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: base64\r\n\r\n{}",
        date, encode_words(sender_name), sender, letter.to, id, domain, encode_words(letter.subject),
        wrap_base64(letter.text));
}

}  // namespace marketday::adapters
