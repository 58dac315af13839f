#include "crowd/json_view.hpp"

#include <charconv>

#include "base/log.hpp"
#include "base/text.hpp"

namespace marketday::crowd {
namespace {

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

/// The length of the string token at the start of `text`, quotes included; 0 when it does not end.
std::size_t string_length(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '\\') {
            ++i;
        } else if (text[i] == '"') {
            return i + 1;
        }
    }
    return 0;
}

/// The length of the value at the start of `text`; 0 when there is none that ends.
std::size_t value_length(std::string_view text) {
    if (text.empty()) return 0;
    if (text[0] == '"') return string_length(text);
    if (text[0] == '{' || text[0] == '[') {
        std::size_t depth = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const char c = text[i];
            if (c == '"') {
                const std::size_t length = string_length(text.substr(i));
                if (length == 0) return 0;
                i += length - 1;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if ((c == '}' || c == ']') && --depth == 0) {
                return i + 1;
            }
        }
        return 0;
    }
    std::size_t end = 0;
    while (end < text.size() && text[end] != ',' && text[end] != '}' && text[end] != ']' && !is_space(text[end])) ++end;
    return end;
}

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | (code >> 6));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | (code >> 12));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | (code >> 18));
        out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
        out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

std::uint32_t four_hex(std::string_view text) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4 && i < text.size(); ++i) {
        value = value * 16 + static_cast<std::uint32_t>(hex_digit(text[i]) & 0xf);
    }
    return value;
}

}  // namespace

JsonView::JsonView(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    text_ = text.substr(0, value_length(text));
}

JsonView JsonView::operator[](std::string_view key) const {
    for (JsonWalk walk(*this); walk.next();) {
        if (walk.key() == key) return walk.value();
    }
    return {};
}

std::optional<std::int64_t> JsonView::integer() const {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{} || text_.empty()) return std::nullopt;
    return value;
}

std::string_view JsonView::bare() const {
    if (text_.size() < 2 || text_.front() != '"') return {};
    return text_.substr(1, text_.size() - 2);
}

std::string JsonView::text() const {
    const std::string_view from = bare();
    std::string out;
    for (std::size_t i = 0; i < from.size(); ++i) {
        if (from[i] != '\\' || i + 1 == from.size()) {
            out += from[i];
            continue;
        }
        const char c = from[++i];
        if (c == 'u') {
            std::uint32_t code = four_hex(from.substr(i + 1));
            i += 4;
            if (code >= 0xd800 && code < 0xdc00 && i + 6 < from.size() && from[i + 1] == '\\') {
                code = 0x10000 + ((code - 0xd800) << 10) + ((four_hex(from.substr(i + 3)) - 0xdc00) & 0x3ff);
                i += 6;
            }
            append_utf8(out, code);
        } else {
            constexpr std::string_view kEscapes = "nrtbf";
            constexpr std::string_view kMeanings = "\n\r\t\b\f";
            const std::size_t at = kEscapes.find(c);
            out += at == std::string_view::npos ? c : kMeanings[at];
        }
    }
    return out;
}

JsonWalk::JsonWalk(JsonView container) : rest_(container.raw()) {
    object_ = !rest_.empty() && rest_.front() == '{';
    if (object_ || (!rest_.empty() && rest_.front() == '[')) {
        rest_.remove_prefix(1);
    } else {
        rest_ = {};
    }
}

void JsonWalk::skip_space() {
    while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == ',')) rest_.remove_prefix(1);
}

bool JsonWalk::next() {
    skip_space();
    if (rest_.empty() || rest_.front() == '}' || rest_.front() == ']') return false;
    if (object_) {
        const std::size_t length = rest_.front() == '"' ? string_length(rest_) : 0;
        if (length == 0) return false;
        key_ = rest_.substr(1, length - 2);
        rest_.remove_prefix(length);
        while (!rest_.empty() && (is_space(rest_.front()) || rest_.front() == ':')) rest_.remove_prefix(1);
    }
    value_ = JsonView(rest_);
    if (value_.raw().empty()) return false;
    rest_.remove_prefix(value_.raw().size());
    return true;
}

std::string json_quoted(std::string_view text) {
    std::string out;
    log::append_json_string(out, text);
    return out;
}

}  // namespace marketday::crowd
