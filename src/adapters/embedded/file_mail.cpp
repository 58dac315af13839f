#include "adapters/embedded/file_mail.hpp"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "base/log.hpp"

namespace marketday::adapters {
namespace {

std::string to_base64(std::string_view text) {
    constexpr int kVariant = sodium_base64_VARIANT_ORIGINAL;
    std::string encoded(sodium_base64_ENCODED_LEN(text.size(), kVariant), '\0');
    sodium_bin2base64(encoded.data(), encoded.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                      kVariant);
    encoded.pop_back();  // The encoder counts its terminating zero.
    return encoded;
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
        encoded += "=?UTF-8?B?" + to_base64(text.substr(0, length)) + "?=";
        text.remove_prefix(length);
    }
    return encoded;
}

std::string wrap_base64(std::string_view text) {
    const std::string encoded = to_base64(text);
    std::string lines;
    for (std::size_t at = 0; at < encoded.size(); at += 76) lines += encoded.substr(at, 76) + "\r\n";
    return lines;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// Closes a descriptor; `close_now` reports what closing says.
class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    bool is_open() const { return value_ >= 0; }
    bool write_all(std::string_view bytes) const {
        while (!bytes.empty()) {
            const ssize_t written = ::write(value_, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(written));
        }
        return true;
    }
    bool sync() const { return ::fsync(value_) == 0; }

private:
    int value_;
};

/// Under a hidden name first, so that no reader ever sees half a letter.
bool write_whole(const std::filesystem::path& directory, const std::string& name, const std::string& bytes) {
    const auto part = directory / ("." + name + ".part");
    {
        const Descriptor file{::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
        if (!file.is_open() || !file.write_all(bytes) || !file.sync()) return false;
    }
    if (::rename(part.c_str(), (directory / name).c_str()) != 0) return false;
    const Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return folder.is_open() && folder.sync();
}

}  // namespace

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

FileMail::FileMail(BlockingPool& pool, Options options) : pool_(pool), options_(std::move(options)) {
    std::error_code failure;
    std::filesystem::create_directories(options_.directory, failure);
    if (failure)
        throw std::runtime_error(
            fmt::format("cannot make the mail directory {}: {}", options_.directory.string(), failure.message()));
}

Task<Result<std::monostate, ports::Mail::Error>> FileMail::send(Letter letter) {
    // A line break in a header would let its writer add headers of his own.
    MD_ASSERT(!has_control(letter.to) && !has_control(letter.subject));
    auto work = [directory = options_.directory, name = letter.id.to_string() + ".eml",
                 message = to_message(letter, options_.sender, options_.sender_name)] {
        const bool written = write_whole(directory, name, message);
        if (!written) log::error("mail.not_written", {{"reason", std::string_view{std::strerror(errno)}}});
        return written;
    };
    const auto written = co_await blocking(pool_, std::move(work));
    if (!written || !*written) co_return fail(Error::unavailable);
    co_return std::monostate{};
}

}  // namespace marketday::adapters
