#include "adapters/embedded/file_mail.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

#include "adapters/stored/letter_text.hpp"
#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

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

FileMail::FileMail(BlockingPool& pool, Options options) : pool_(pool), options_(std::move(options)) {
    std::error_code failure;
    std::filesystem::create_directories(options_.directory, failure);
    if (failure)
        throw std::runtime_error(
            fmt::format("cannot make the mail directory {}: {}", options_.directory.string(), failure.message()));
}

Task<Result<std::monostate, ports::Mail::Error>> FileMail::send(Letter letter) {
    // A line break in a header would let its writer add headers of his own.
    MD_ASSERT(is_safe_letter(letter));
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
