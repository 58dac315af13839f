#include "framing.hpp"

#include <cctype>

namespace marketday::fuzz {
namespace {

bool is_token(std::string_view text) {
    if (text.empty()) return false;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (std::isalnum(u) == 0 && std::string_view{"!#$%&'*+-.^_`|~"}.find(c) == std::string_view::npos) return false;
    }
    return true;
}

std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The next line without its CR LF; nothing when there is none, or when a lone CR or LF stands in it.
std::optional<std::string_view> take_line(std::string_view stream, std::size_t& at) {
    const std::size_t end = stream.find("\r\n", at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = stream.substr(at, end - at);
    if (line.find_first_of("\r\n") != std::string_view::npos) return std::nullopt;
    at = end + 2;
    return line;
}

struct Lengths {
    std::optional<std::uint64_t> content_length;
    bool chunked = false;
};

std::optional<std::uint64_t> number(std::string_view digits, unsigned base) {
    if (digits.empty() || digits.size() > 16) return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : digits) {
        const auto u = static_cast<unsigned char>(c);
        if (base == 10 ? std::isdigit(u) == 0 : std::isxdigit(u) == 0) return std::nullopt;
        const int digit = std::isdigit(u) != 0 ? c - '0' : std::tolower(u) - 'a' + 10;
        value = value * base + static_cast<std::uint64_t>(digit);
    }
    return value;
}

/// Reads field lines up to the empty one. False when a strict reader refuses.
bool read_fields(std::string_view stream, std::size_t& at, Lengths& lengths) {
    for (;;) {
        const auto line = take_line(stream, at);
        if (!line) return false;
        if (line->empty()) return true;
        const std::size_t colon = line->find(':');
        if (colon == std::string_view::npos || !is_token(line->substr(0, colon))) return false;
        const std::string name = lower(line->substr(0, colon));
        const std::string_view value = without_blanks(line->substr(colon + 1));
        if (name == "content-length") {
            if (lengths.content_length) return false;
            lengths.content_length = number(value, 10);
            if (!lengths.content_length) return false;
        } else if (name == "transfer-encoding") {
            if (lengths.chunked || lower(value) != "chunked") return false;
            lengths.chunked = true;
        }
    }
}

bool read_chunks(std::string_view stream, std::size_t& at, std::string& body) {
    for (;;) {
        const auto line = take_line(stream, at);
        if (!line) return false;
        const std::size_t end = line->find_first_of(" \t;");
        const auto size = number(line->substr(0, end), 16);
        if (!size) return false;
        if (*size == 0) {
            Lengths ignored;
            // Trailers may say anything but what would frame a message.
            return read_fields(stream, at, ignored);
        }
        if (stream.size() - at < *size || stream.size() - at - *size < 2) return false;
        body.append(stream.substr(at, *size));
        at += *size;
        if (stream.substr(at, 2) != "\r\n") return false;
        at += 2;
    }
}

}  // namespace

std::optional<Framed> frame_request(std::string_view stream) {
    Framed request;
    std::size_t at = 0;
    const auto line = take_line(stream, at);
    if (!line) return std::nullopt;
    const std::size_t first = line->find(' ');
    const std::size_t second = line->rfind(' ');
    if (first == std::string_view::npos || first == second) return std::nullopt;
    request.method = line->substr(0, first);
    request.target = line->substr(first + 1, second - first - 1);
    Lengths lengths;
    if (!read_fields(stream, at, lengths)) return std::nullopt;
    if (lengths.chunked && lengths.content_length) return std::nullopt;
    if (lengths.chunked) {
        if (!read_chunks(stream, at, request.body)) return std::nullopt;
    } else if (const std::uint64_t length = lengths.content_length.value_or(0); length > 0) {
        if (stream.size() - at < length) return std::nullopt;
        request.body = stream.substr(at, length);
        at += length;
    }
    request.bytes = at;
    return request;
}

}  // namespace marketday::fuzz
