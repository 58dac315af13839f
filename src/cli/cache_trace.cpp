#include "cli/cache_trace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

constexpr std::size_t kLineBytesMax = 64 * 1024;
constexpr std::uint64_t kEntryBytesMax = std::uint64_t{1} << 40;

/// Lines of a file, unpacked when it is gzipped.
class Lines {
public:
    explicit Lines(const std::string& path) : path_(path) {
        const int descriptor = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor < 0) throw CommandError{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
        struct stat about{};
        if (::fstat(descriptor, &about) == 0 && S_ISDIR(about.st_mode)) {
            ::close(descriptor);
            throw CommandError{fmt::format("{} is a directory; give a file of keys", path)};
        }
        file_ = ::gzdopen(descriptor, "rb");
        if (file_ == nullptr) throw CommandError{"out of memory"};
        ::gzbuffer(file_, 256 * 1024);
    }
    ~Lines() { ::gzclose(file_); }
    Lines(const Lines&) = delete;
    Lines& operator=(const Lines&) = delete;

    /// The next line without its end; nothing at the end of the file.
    std::optional<std::string_view> next() {
        ++number_;
        buffer_.resize(kLineBytesMax);
        if (::gzgets(file_, buffer_.data(), static_cast<int>(buffer_.size())) == nullptr) {
            int code = Z_OK;
            const char* fault = ::gzerror(file_, &code);
            if (code != Z_OK && code != Z_STREAM_END) refuse(fmt::format("cannot be read any further: {}", fault));
            return std::nullopt;
        }
        std::string_view line{buffer_.data()};
        if (line.size() + 1 == buffer_.size()) refuse("the line is too long");
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        return line;
    }
    [[noreturn]] void refuse(const std::string& why) const {
        throw CommandError{fmt::format("{}:{}: {}", path_, number_, why)};
    }

private:
    std::string path_;
    gzFile file_ = nullptr;
    std::string buffer_;
    std::uint64_t number_ = 0;
};

/// Numbers keys as they come.
class TraceWriter {
public:
    void add(std::string_view key, std::uint64_t bytes) {
        const auto [at, is_new] = numbers_.try_emplace(std::string{key}, static_cast<std::uint32_t>(numbers_.size()));
        if (is_new)
            read.trace.bytes_of.push_back(bytes);
        else
            read.trace.bytes_of[at->second] = std::max(read.trace.bytes_of[at->second], bytes);
        read.trace.asked.push_back(at->second);
    }
    ReadTrace finish(const std::string& path, std::string_view wanted) {
        if (read.trace.asked.empty()) throw CommandError{fmt::format("{} holds no keys; give {}", path, wanted)};
        return std::move(read);
    }
    ReadTrace read;

private:
    std::unordered_map<std::string, std::uint32_t> numbers_;
};

/// The cells of one CSV line (RFC 4180, without line ends within quotes).
std::vector<std::string> cells_of(std::string_view line) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
            cells.back() += line[i++];
        else if (line[i] == '"')
            quoted = !quoted;
        else if (line[i] == ',' && !quoted)
            cells.emplace_back();
        else
            cells.back() += line[i];
    }
    return cells;
}

}  // namespace

ReadTrace read_key_trace(const std::string& path, std::uint64_t entry_bytes) {
    Lines lines(path);
    TraceWriter writer;
    while (const auto line = lines.next()) {
        if (line->empty()) continue;
        const std::size_t space = line->find(' ');
        std::uint64_t bytes = entry_bytes;
        if (space != std::string_view::npos) {
            const std::string_view digits = line->substr(space + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bytes);
            if (error != std::errc{} || end != digits.data() + digits.size() || bytes == 0 || bytes > kEntryBytesMax)
                lines.refuse(fmt::format("after the key stands its size in bytes, not \"{}\"", digits.substr(0, 40)));
        }
        writer.add(line->substr(0, space), bytes);
    }
    return writer.finish(path, "a file of keys, one a line");
}

ReadTrace read_orders_trace(const std::string& path, std::uint64_t entry_bytes) {
    constexpr std::string_view kWanted = "CSV with a header that names InvoiceNo and StockCode";
    Lines lines(path);
    TraceWriter writer;
    const auto header = lines.next();
    if (!header) throw CommandError{fmt::format("{} is empty; give {}", path, kWanted)};
    const auto names = cells_of(*header);
    const auto invoice = static_cast<std::size_t>(std::ranges::find(names, "InvoiceNo") - names.begin());
    const auto sku = static_cast<std::size_t>(std::ranges::find(names, "StockCode") - names.begin());
    if (invoice == names.size() || sku == names.size()) lines.refuse(fmt::format("give {}", kWanted));
    while (const auto line = lines.next()) {
        const auto cells = cells_of(*line);
        if (cells.size() <= std::max(invoice, sku) || cells[sku].empty() || cells[invoice].starts_with('C'))
            ++writer.read.lines_skipped;
        else
            writer.add(cells[sku], entry_bytes);
    }
    return writer.finish(path, kWanted);
}

}  // namespace marketday::cli
