#include "cli/archive.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>
#include <utility>

namespace marketday::cli {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kPrefixBytes = 155;

// POSIX.1-1988 ustar.
struct Header {
    char name[kNameBytes];
    char mode[8];
    char uid[8];
    char gid[8];
    char size[12];
    char mtime[12];
    char checksum[8];
    char type;
    char link[100];
    char magic[6];
    char version[2];
    char owner[32];
    char group[32];
    char major[8];
    char minor[8];
    char prefix[kPrefixBytes];
    char rest[12];
};
static_assert(sizeof(Header) == kBlock);

class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int number() const { return number_; }
    bool open() const { return number_ >= 0; }

private:
    int number_;
};

[[noreturn]] void refuse(std::string_view doing, const std::filesystem::path& file) {
    throw ArchiveError(fmt::format("cannot {} {}: {}", doing, file.string(), std::strerror(errno)));
}

class Hasher {
public:
    Hasher() { crypto_generichash_init(&state_, nullptr, 0, Hash256{}.size()); }
    void take(std::span<const std::uint8_t> bytes) { crypto_generichash_update(&state_, bytes.data(), bytes.size()); }
    Hash256 hash() {
        Hash256 result;
        crypto_generichash_final(&state_, result.data(), result.size());
        return result;
    }

private:
    crypto_generichash_state state_;
};

void write_octal(std::span<char> field, std::uint64_t number) {
    const std::string digits = fmt::format("{:0{}o}", number, field.size() - 1);
    if (digits.size() == field.size() - 1) {
        std::ranges::copy(digits, field.begin());
        return;
    }
    // Above 8 GiB: base 256 with the top bit set, as GNU tar and libarchive read it.
    for (std::size_t i = field.size(); i-- > 0; number >>= 8) field[i] = static_cast<char>(number & 0xff);
    field[0] = static_cast<char>(static_cast<unsigned char>(field[0]) | 0x80U);
}

std::int64_t read_number(std::span<const char> field) {
    std::uint64_t number = 0;
    if ((static_cast<unsigned char>(field[0]) & 0x80U) != 0) {
        for (const char byte : field.subspan(field.size() - 8)) number = number << 8 | static_cast<unsigned char>(byte);
        return static_cast<std::int64_t>(number);
    }
    for (const char digit : field) {
        if (digit < '0' || digit > '7') break;
        number = number * 8 + static_cast<std::uint64_t>(digit - '0');
    }
    return static_cast<std::int64_t>(number);
}

std::uint64_t checksum(Header header) {
    std::ranges::fill(header.checksum, ' ');
    std::uint64_t sum = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(&header);
    for (std::size_t i = 0; i < kBlock; ++i) sum += bytes[i];
    return sum;
}

Header make_header(const std::string& name, std::int64_t bytes) {
    Header header{};
    std::string_view last = name;
    if (last.size() > kNameBytes) {
        const auto slash = name.find('/', name.size() - kNameBytes - 1);
        if (slash == std::string::npos || slash > kPrefixBytes)
            throw ArchiveError(fmt::format("the name {} is too long for an archive", name));
        std::copy_n(name.begin(), slash, header.prefix);
        last.remove_prefix(slash + 1);
    }
    std::ranges::copy(last, header.name);
    write_octal(header.mode, 0600);
    write_octal(header.uid, 0);
    write_octal(header.gid, 0);
    write_octal(header.size, static_cast<std::uint64_t>(bytes));
    write_octal(header.mtime, static_cast<std::uint64_t>(std::time(nullptr)));
    header.type = '0';
    std::memcpy(header.magic, "ustar", 6);
    std::memcpy(header.version, "00", 2);
    const std::string sum = fmt::format("{:06o}", checksum(header));
    std::ranges::copy(sum, header.checksum);
    header.checksum[7] = ' ';
    return header;
}

std::string field_text(std::span<const char> field) { return {field.data(), ::strnlen(field.data(), field.size())}; }

bool is_safe_name(const std::string& name) {
    if (name.empty() || name.front() == '/') return false;
    return std::ranges::none_of(std::filesystem::path{name},
                                [](const std::filesystem::path& part) { return part == ".." || part == "."; });
}

std::size_t padding(std::int64_t bytes) { return (kBlock - static_cast<std::size_t>(bytes) % kBlock) % kBlock; }

/// Reads an archive, gzipped or not.
class Input {
public:
    explicit Input(const std::filesystem::path& file) : file_(file) {
        // The descriptor first: zlib's own error says nothing.
        const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) refuse("read", file);
        stream_ = ::gzdopen(descriptor, "rb");
        if (stream_ == nullptr) {
            ::close(descriptor);
            refuse("read", file);
        }
    }
    ~Input() { ::gzclose(stream_); }
    Input(const Input&) = delete;
    Input& operator=(const Input&) = delete;

    void read(std::span<std::uint8_t> bytes) {
        const int got = ::gzread(stream_, bytes.data(), static_cast<unsigned>(bytes.size()));
        if (got != static_cast<int>(bytes.size()))
            throw ArchiveError(fmt::format("{} is cut short or damaged; use another backup", file_.string()));
    }

private:
    std::filesystem::path file_;
    gzFile stream_ = nullptr;
};

std::optional<Header> read_header(Input& input, const std::filesystem::path& archive) {
    Header header{};
    input.read({reinterpret_cast<std::uint8_t*>(&header), kBlock});
    const auto* bytes = reinterpret_cast<const char*>(&header);
    if (std::all_of(bytes, bytes + kBlock, [](char byte) { return byte == 0; })) return std::nullopt;
    if (std::memcmp(header.magic, "ustar", 5) != 0 ||
        read_number(header.checksum) != static_cast<std::int64_t>(checksum(header)))
        throw ArchiveError(fmt::format("{} is not a backup", archive.string()));
    return header;
}

void write_all(int descriptor, std::span<const std::uint8_t> bytes, const std::filesystem::path& file) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse("write", file);
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

ArchivedFile extract_one(Input& input, const std::string& name, std::int64_t bytes, const std::filesystem::path& file) {
    const Descriptor output{::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
    if (!output.open()) refuse("write", file);
    Hasher hasher;
    std::vector<std::uint8_t> chunk(kChunk);
    for (std::int64_t left = bytes; left > 0;) {
        const auto part = std::span{chunk}.first(std::min(chunk.size(), static_cast<std::size_t>(left)));
        input.read(part);
        hasher.take(part);
        write_all(output.number(), part, file);
        left -= static_cast<std::int64_t>(part.size());
    }
    std::array<std::uint8_t, kBlock> pad;
    input.read(std::span{pad}.first(padding(bytes)));
    if (::fsync(output.number()) != 0) refuse("write", file);
    return {name, bytes, hasher.hash()};
}

}  // namespace

struct ArchiveWriter::Output {
    explicit Output(const std::filesystem::path& file, bool compress)
        : descriptor(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)) {
        if (!descriptor.open()) refuse("write", file);
        stream = ::gzdopen(::dup(descriptor.number()), compress ? "wb1" : "wbT");
        if (stream == nullptr) refuse("write", file);
        ::gzbuffer(stream, kChunk);
    }
    ~Output() {
        if (stream != nullptr) ::gzclose(stream);
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    Descriptor descriptor;
    gzFile stream = nullptr;
    Hasher hasher;
};

ArchiveWriter::ArchiveWriter(std::filesystem::path target)
    : target_(std::filesystem::absolute(target)), partial_(target_.string() + ".partial") {
    const auto extension = target_.extension();
    output_ = std::make_unique<Output>(partial_, extension == ".gz" || extension == ".tgz");
}

ArchiveWriter::~ArchiveWriter() {
    output_.reset();
    std::error_code ignored;
    if (!finished_) std::filesystem::remove(partial_, ignored);
}

void ArchiveWriter::put(std::span<const std::uint8_t> bytes) {
    if (bytes.empty()) return;
    errno = 0;
    if (::gzwrite(output_->stream, bytes.data(), static_cast<unsigned>(bytes.size())) == 0) refuse("write", partial_);
}

void ArchiveWriter::begin(const std::string& name, std::int64_t bytes) {
    const Header header = make_header(name, bytes);
    put({reinterpret_cast<const std::uint8_t*>(&header), kBlock});
    output_->hasher = Hasher{};
    files_.push_back({name, bytes, {}});
}

void ArchiveWriter::end(std::int64_t bytes) {
    static constexpr std::array<std::uint8_t, kBlock> kZeros{};
    put(std::span{kZeros}.first(padding(bytes)));
    files_.back().hash = output_->hasher.hash();
}

void ArchiveWriter::add_file(const std::string& name, const std::filesystem::path& file) {
    const Descriptor input{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    struct stat status{};
    if (!input.open() || ::fstat(input.number(), &status) != 0) refuse("read", file);
    begin(name, status.st_size);
    std::vector<std::uint8_t> chunk(kChunk);
    for (std::int64_t left = status.st_size; left > 0;) {
        const ssize_t got =
            ::read(input.number(), chunk.data(), std::min(chunk.size(), static_cast<std::size_t>(left)));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) refuse("read", file);
        if (got == 0)
            throw ArchiveError(fmt::format("{} became shorter while it was copied; try again", file.string()));
        const auto part = std::span<const std::uint8_t>{chunk}.first(static_cast<std::size_t>(got));
        output_->hasher.take(part);
        put(part);
        left -= got;
    }
    end(status.st_size);
}

void ArchiveWriter::add_text(const std::string& name, std::string_view text) {
    const std::span bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    begin(name, static_cast<std::int64_t>(text.size()));
    output_->hasher.take(bytes);
    put(bytes);
    end(static_cast<std::int64_t>(text.size()));
}

std::int64_t ArchiveWriter::finish() {
    static constexpr std::array<std::uint8_t, 2 * kBlock> kEnd{};
    put(kEnd);
    errno = 0;
    if (::gzclose(std::exchange(output_->stream, nullptr)) != Z_OK) refuse("write", partial_);
    struct stat status{};
    if (::fsync(output_->descriptor.number()) != 0 || ::fstat(output_->descriptor.number(), &status) != 0)
        refuse("write", partial_);
    if (::rename(partial_.c_str(), target_.c_str()) != 0) refuse("write", target_);
    finished_ = true;
    sync_directory(target_.parent_path());
    return status.st_size;
}

std::vector<ArchivedFile> extract_archive(const std::filesystem::path& archive,
                                          const std::filesystem::path& directory) {
    Input input{archive};
    std::vector<ArchivedFile> files;
    while (const auto header = read_header(input, archive)) {
        const std::string prefix = field_text(header->prefix);
        const std::string name = (prefix.empty() ? "" : prefix + "/") + field_text(header->name);
        const std::int64_t bytes = read_number(header->size);
        if (header->type == '5') continue;  // a folder; made with its files
        if ((header->type != '0' && header->type != 0) || !is_safe_name(name) || bytes < 0)
            throw ArchiveError(fmt::format("{} holds {}, which no backup has", archive.string(), name));
        const auto file = directory / name;
        std::error_code error;
        std::filesystem::create_directories(file.parent_path(), error);
        if (error) throw ArchiveError(fmt::format("cannot write {}: {}", file.string(), error.message()));
        files.push_back(extract_one(input, name, bytes, file));
    }
    return files;
}

void sync_directory(const std::filesystem::path& directory) {
    const Descriptor handle{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (!handle.open() || ::fsync(handle.number()) != 0) refuse("sync", directory);
}

void sync_file(const std::filesystem::path& file) {
    const Descriptor handle{::open(file.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!handle.open() || ::fsync(handle.number()) != 0) refuse("sync", file);
}

}  // namespace marketday::cli
