#include "crowd/response_reader.hpp"

#include <strings.h>

#include <charconv>

namespace marketday::crowd {
namespace {

bool same_word(std::string_view a, std::string_view lower) {
    return a.size() == lower.size() && strncasecmp(a.data(), lower.data(), a.size()) == 0;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// False when the value is not a plain number.
template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

bool read_header(std::string_view name, std::string_view value, ResponseHead& head) {
    switch (name.empty() ? '\0' : static_cast<char>(name[0] | 0x20)) {
        case 'c':
            if (same_word(name, "content-length")) {
                return read_number(value, head.content_length) && head.content_length >= 0;
            }
            if (same_word(name, "connection")) head.keep_alive = !same_word(value, "close");
            return true;
        case 't':
            if (same_word(name, "transfer-encoding")) head.chunked = same_word(value, "chunked");
            return true;
        case 'r':
            if (same_word(name, "retry-after") && !read_number(value, head.retry_after_s)) head.retry_after_s = 1;
            return true;
        default: return true;
    }
}

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

}  // namespace

ResponseReader::Step read_head(std::string_view bytes, ResponseHead& head) {
    using Step = ResponseReader::Step;
    constexpr std::string_view kStart = "HTTP/1.";
    const std::size_t known = std::min(bytes.size(), kStart.size());
    if (bytes.substr(0, known) != kStart.substr(0, known)) return Step::broken;
    const std::size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) return bytes.size() > ResponseReader::kHeadBytesMax ? Step::broken : Step::more;
    head = ResponseHead{};
    head.bytes = end + 4;
    std::size_t at = bytes.find("\r\n");
    if (at < 12 || !read_number(bytes.substr(9, 3), head.status) || head.status < 100) return Step::broken;
    head.keep_alive = bytes[7] == '1';
    while (at < end) {
        at += 2;
        const std::size_t line_end = bytes.find('\r', at);
        const std::string_view line = bytes.substr(at, line_end - at);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) return Step::broken;
        if (!read_header(line.substr(0, colon), trimmed(line.substr(colon + 1)), head)) return Step::broken;
        at = line_end;
    }
    return Step::complete;
}

ResponseReader::Step ResponseReader::consume(std::string_view fresh) {
    if (!fresh.empty()) started_ = true;
    if (held_.empty()) {
        const Step step = advance(fresh);
        if (step == Step::more) held_.assign(fresh);
        return step;
    }
    held_.append(fresh);
    return advance(std::string_view(held_).substr(skipped_bytes_));
}

ResponseReader::Step ResponseReader::advance(std::string_view all) {
    if (!head_known_) {
        const Step step = read_head(all, head_);
        if (step != Step::complete) return step;
        if (head_.status < 200) {  // interim: the real one follows
            skipped_bytes_ += head_.bytes;
            return advance(all.substr(head_.bytes));
        }
        if (head_.content_length > static_cast<std::int64_t>(kBodyBytesMax)) return Step::broken;
        head_known_ = true;
    }
    if (has_no_body(head_.status)) return Step::complete;
    if (head_.chunked) return advance_chunks(all.substr(head_.bytes));
    if (head_.content_length < 0) {
        return all.size() - head_.bytes > kBodyBytesMax ? Step::broken : Step::more;  // until the end of the stream
    }
    const auto length = static_cast<std::size_t>(head_.content_length);
    if (all.size() < head_.bytes + length) return Step::more;
    body_ = all.substr(head_.bytes, length);
    return Step::complete;
}

ResponseReader::Step ResponseReader::advance_chunks(std::string_view all) {
    decoded_.clear();
    while (true) {
        const std::size_t line_end = all.find("\r\n");
        if (line_end == std::string_view::npos) return all.size() > 64 ? Step::broken : Step::more;
        std::size_t size = 0;
        if (!read_number(trimmed(all.substr(0, std::min(line_end, all.find(';')))), size, 16) || size > kBodyBytesMax) {
            return Step::broken;
        }
        if (all.size() < line_end + 2 + size + 2) return Step::more;
        if (size == 0) break;
        decoded_.append(all.substr(line_end + 2, size));
        if (decoded_.size() > kBodyBytesMax) return Step::broken;
        all.remove_prefix(line_end + 2 + size + 2);
    }
    body_ = decoded_;
    return Step::complete;
}

ResponseReader::Step ResponseReader::end_of_stream() {
    if (!head_known_ || head_.chunked || head_.content_length >= 0) return Step::broken;
    head_.keep_alive = false;
    body_ = std::string_view(held_).substr(skipped_bytes_ + head_.bytes);
    return Step::complete;
}

void ResponseReader::finish() {
    head_known_ = false;
    started_ = false;
    skipped_bytes_ = 0;
    body_ = {};
    if (!held_.empty()) held_.clear();
}

}  // namespace marketday::crowd
