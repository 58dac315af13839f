#include "adapters/embedded/file_images.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::adapters {
namespace {

namespace fs = std::filesystem;
using ports::Images;
template <class T>
using Outcome = Result<T, Images::Error>;

class Descriptor {
public:
    explicit Descriptor(int value) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    bool is_open() const { return value_ >= 0; }
    int get() const { return value_; }

private:
    int value_;
};

/// A new file under a hidden name that nobody else writes to: several processes may keep their pictures in one
/// directory and put the same one at the same time. Gone with this unless it was renamed.
class Part {
public:
    Part(const fs::path& directory, const std::string& file) : file_(open_new(directory, file)) {}
    ~Part() {
        if (file_.is_open() && !renamed_) ::unlink(path_.c_str());
    }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;
    bool is_open() const { return file_.is_open(); }
    int get() const { return file_.get(); }
    bool rename_to(const fs::path& path) {
        renamed_ = ::rename(path_.c_str(), path.c_str()) == 0;
        return renamed_;
    }

private:
    /// Another machine's process of this number, or one that died, may have the name already.
    int open_new(const fs::path& directory, const std::string& file) {
        static std::atomic<std::uint64_t> next{0};
        for (int tries = 0; tries < kNamesMax; ++tries) {
            path_ = directory / fmt::format(".{}.{}-{}.part", file, ::getpid(), next++);
            const int opened = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
            if (opened >= 0 || errno != EEXIST) return opened;
        }
        return -1;
    }

    static constexpr int kNamesMax = 1000;
    fs::path path_;
    Descriptor file_;
    bool renamed_ = false;
};

bool write_all(const Part& file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

bool sync_directory(const fs::path& directory) {
    const Descriptor folder{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    return folder.is_open() && ::fsync(folder.get()) == 0;
}

Images::Error unavailable(std::string_view what) {
    log::error("images.not_reached", {{"what", what}, {"reason", std::string_view{std::strerror(errno)}}});
    return Images::Error::unavailable;
}

/// Under a hidden name first, so that nobody ever reads half a picture.
Outcome<std::monostate> write_file(const fs::path& root, const Images::Name& name, const std::string& bytes) {
    const fs::path directory = root / name.sku;
    const fs::path path = directory / name.file;
    if (::access(path.c_str(), F_OK) == 0) return std::monostate{};
    const bool made = ::mkdir(directory.c_str(), 0755) == 0;
    if (!made && errno != EEXIST) return fail(unavailable("mkdir"));
    if (made && !sync_directory(root)) return fail(unavailable("sync"));
    Part part{directory, name.file};
    if (!part.is_open() || !write_all(part, bytes) || ::fsync(part.get()) != 0) return fail(unavailable("write"));
    if (!part.rename_to(path)) return fail(unavailable("rename"));
    if (!sync_directory(directory)) return fail(Images::Error::outcome_unknown);
    return std::monostate{};
}

Outcome<std::optional<Images::Bytes>> read_file(const fs::path& path) {
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!file.is_open()) {
        if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) return std::nullopt;
        return fail(unavailable("open"));
    }
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) return fail(unavailable("stat"));
    if (!S_ISREG(about.st_mode)) return std::nullopt;
    auto bytes = std::make_shared<std::string>(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t have = 0;
    while (have < bytes->size()) {
        const ssize_t got = ::read(file.get(), bytes->data() + have, bytes->size() - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return fail(unavailable("read"));
        have += static_cast<std::size_t>(got);
    }
    return std::optional<Images::Bytes>{std::move(bytes)};
}

Outcome<std::vector<std::string>> list_files(const fs::path& directory) {
    std::vector<std::string> files;
    std::error_code failure;
    for (fs::directory_iterator at(directory, failure), end; !failure && at != end; at.increment(failure)) {
        std::string file = at->path().filename().string();
        if (Images::is_file(file)) files.push_back(std::move(file));
    }
    if (failure && failure != std::errc::no_such_file_or_directory) return fail(Images::Error::unavailable);
    std::ranges::sort(files);
    return files;
}

Outcome<std::monostate> remove_files(const fs::path& directory, const std::vector<std::string>& files) {
    for (const auto& file : files) {
        if (::unlink((directory / file).c_str()) != 0 && errno != ENOENT && errno != ENOTDIR)
            return fail(unavailable("unlink"));
    }
    ::rmdir(directory.c_str());  // Only the last one out succeeds.
    return std::monostate{};
}

/// What did not find room in the queue did not happen.
template <class T>
Outcome<T> flatten(Result<Outcome<T>, Busy> done) {
    if (!done) return fail(Images::Error::unavailable);
    return std::move(*done);
}

}  // namespace

FileImages::FileImages(BlockingPool& pool, Options options) : pool_(pool), options_(std::move(options)) {
    std::error_code failure;
    fs::create_directories(options_.directory, failure);
    if (failure)
        throw std::runtime_error(
            fmt::format("cannot make the picture directory {}: {}", options_.directory.string(), failure.message()));
}

Images::Answer<std::monostate> FileImages::put(Name name, Bytes bytes) {
    MD_ASSERT(domain::is_sku_code(name.sku) && is_file(name.file) && bytes != nullptr);
    auto work = [root = options_.directory, name = std::move(name), bytes = std::move(bytes)] {
        return write_file(root, name, *bytes);
    };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::optional<Images::Bytes>> FileImages::get(Name name) {
    MD_ASSERT(domain::is_sku_code(name.sku) && is_file(name.file));
    auto work = [path = options_.directory / name.sku / name.file] { return read_file(path); };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::vector<std::string>> FileImages::list(domain::SkuCode sku) {
    MD_ASSERT(domain::is_sku_code(sku));
    auto work = [directory = options_.directory / sku] { return list_files(directory); };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

Images::Answer<std::monostate> FileImages::remove(domain::SkuCode sku, std::vector<std::string> files) {
    MD_ASSERT(domain::is_sku_code(sku) && std::ranges::all_of(files, [](const auto& file) { return is_file(file); }));
    auto work = [directory = options_.directory / sku, files = std::move(files)] {
        return remove_files(directory, files);
    };
    auto done = co_await blocking(pool_, std::move(work));
    co_return flatten(std::move(done));
}

}  // namespace marketday::adapters
