#include "cli/import_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string_view>

#include "cli/admin_client.hpp"

namespace marketday::cli {
namespace {

using usecases::CsvColumns;
using usecases::Import;
using usecases::ImportFormat;
using usecases::ImportRecord;
using usecases::RecordSplitter;

constexpr std::size_t kChunkBytes = 256 * 1024;
constexpr std::size_t kLookBytes = 4096;  // enough to tell what a file is
constexpr std::string_view kWanted = "give JSON Lines or CSV, plain or gzipped";

/// The file's bytes, unpacked.
class Unpacker {
public:
    explicit Unpacker(const std::string& path) : path_(path) {
        descriptor_ = path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        if (descriptor_ < 0) throw CommandError{fmt::format("cannot read {}: {}", path, std::strerror(errno))};
        struct stat about{};
        ::fstat(descriptor_, &about);
        if (S_ISDIR(about.st_mode)) throw CommandError{fmt::format("{} is a directory: {}", path, kWanted)};
        if (S_ISREG(about.st_mode)) total_ = static_cast<std::uint64_t>(about.st_size);
        while (raw_.size() < kLookBytes && read_raw()) {
        }
        if (raw_.empty()) throw CommandError{fmt::format("{} is empty: {}", path, kWanted)};
        refuse_other_archives();
        if (raw_.starts_with("\x1f\x8b")) {
            gzip_ = true;
            // 15 + 16: gzip with its checksum, the largest window.
            if (::inflateInit2(&stream_, 15 + 16) != Z_OK) throw CommandError{"out of memory"};
        }
    }
    ~Unpacker() {
        if (gzip_) ::inflateEnd(&stream_);
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    Unpacker(const Unpacker&) = delete;
    Unpacker& operator=(const Unpacker&) = delete;

    /// The next bytes; empty at the end, or where the file is broken (`fault` says so then).
    std::string_view next() {
        if (!gzip_) {
            if (raw_.empty()) read_raw();
            out_.swap(raw_);
            raw_.clear();
            return out_;
        }
        return inflate_more();
    }
    const std::string& fault() const { return fault_; }
    std::uint64_t read() const { return read_; }
    std::optional<std::uint64_t> total() const { return total_; }

private:
    bool read_raw() {
        const std::size_t before = raw_.size();
        raw_.resize(before + kChunkBytes);
        ssize_t got = 0;
        do got = ::read(descriptor_, raw_.data() + before, kChunkBytes);
        while (got < 0 && errno == EINTR);
        if (got < 0) fault_ = fmt::format("cannot be read any further: {}", std::strerror(errno));
        raw_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        read_ += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0));
        return got > 0;
    }

    void refuse_other_archives() const {
        struct Kind {
            std::string_view magic;
            std::string_view name;
        };
        static constexpr std::array kKinds{
            Kind{"PK\x03\x04", "a ZIP archive"},          Kind{"BZh", "packed with bzip2"},
            Kind{"\xfd\x37zXZ", "packed with xz"},        Kind{"\x28\xb5\x2f\xfd", "packed with zstd"},
            Kind{"\xff\xfe", "UTF-16 text, not UTF-8"},   Kind{"\xfe\xff", "UTF-16 text, not UTF-8"},
            Kind{"SQLite format 3", "a SQLite database"},
        };
        for (const auto& kind : kKinds)
            if (raw_.starts_with(kind.magic))
                throw CommandError{fmt::format("{} is {}: {}", path_, kind.name, kWanted)};
    }

    std::string_view inflate_more() {
        if (ended_) return {};
        out_.resize(kChunkBytes);
        for (;;) {
            if (raw_.empty() && !read_raw()) {
                ended_ = true;
                if (!between_members_ && fault_.empty())
                    fault_ = "the gzip file ends too early: it was cut off; fetch it again";
                return {};
            }
            if (between_members_) {
                // A further member, or padding that gzip too ignores.
                if (!raw_.starts_with('\x1f')) {
                    ended_ = true;
                    return {};
                }
                ::inflateReset(&stream_);
                between_members_ = false;
            }
            stream_.next_in = reinterpret_cast<Bytef*>(raw_.data());
            stream_.avail_in = static_cast<uInt>(raw_.size());
            stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
            stream_.avail_out = static_cast<uInt>(out_.size());
            const int code = ::inflate(&stream_, Z_NO_FLUSH);
            raw_.erase(0, raw_.size() - stream_.avail_in);
            const std::size_t got = out_.size() - stream_.avail_out;
            between_members_ = code == Z_STREAM_END;
            if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
                ended_ = true;
                fault_ = "the gzip data is damaged; fetch the file again";
            }
            if (got > 0 || ended_) return std::string_view{out_}.substr(0, got);
        }
    }

    std::string path_;
    int descriptor_ = -1;
    std::string raw_;
    std::string out_;
    std::uint64_t read_ = 0;
    std::optional<std::uint64_t> total_;
    bool gzip_ = false;
    bool between_members_ = false;
    bool ended_ = false;
    z_stream stream_{};
    std::string fault_;
};

ImportFormat find_format(const std::string& path, const std::string& asked, std::string_view bytes) {
    if (asked == "jsonl") return ImportFormat::json_lines;
    if (asked == "csv") return ImportFormat::csv;
    if (path.find(".jsonl") != std::string::npos || path.find(".ndjson") != std::string::npos)
        return ImportFormat::json_lines;
    if (path.find(".csv") != std::string::npos) return ImportFormat::csv;
    const auto first = bytes.find_first_not_of("\xEF\xBB\xBF \t\r\n");
    if (first != std::string_view::npos && bytes[first] == '[')
        throw CommandError{fmt::format("{} is one JSON list: write one product a line (`jq -c '.[]'` does it)", path)};
    return first != std::string_view::npos && bytes[first] == '{' ? ImportFormat::json_lines : ImportFormat::csv;
}

}  // namespace

struct ImportSource::State {
    explicit State(const std::string& path) : unpacker(path) {}

    /// Reads on until a batch is full or the end comes.
    void fill(std::size_t records_max, std::size_t bytes_max) {
        while (!ended && records.size() < records_max && bytes_held < bytes_max) {
            const std::string_view bytes = pending.empty() ? unpacker.next() : std::string_view{pending};
            if (bytes.empty())
                finish();
            else
                splitter->push(bytes, sink);
            pending.clear();
        }
    }

    void finish() {
        ended = true;
        if (unpacker.fault().empty()) {
            splitter->finish(sink);
        } else {
            // What was begun cannot be known to be whole.
            broken_end = usecases::ImportReport::Refusal{splitter->line(), {}, unpacker.fault()};
        }
    }

    Unpacker unpacker;
    std::string pending;  // the first bytes, looked at already
    std::optional<RecordSplitter> splitter;
    RecordSplitter::Sink sink;
    std::deque<Import::Record> records;
    std::size_t bytes_held = 0;
    bool ended = false;
    std::optional<CsvColumns> columns;
    std::string header;
    std::optional<usecases::ImportReport::Refusal> broken_end;
};

ImportSource::ImportSource(const std::string& path, const std::string& format) : state_(std::make_unique<State>(path)) {
    State& state = *state_;
    state.pending = state.unpacker.next();
    if (state.pending.empty())
        throw CommandError{fmt::format("{} {}", path,
                                       state.unpacker.fault().empty()
                                           ? fmt::format("has nothing in it: {}", kWanted)
                                           : "cannot be unpacked: " + state.unpacker.fault())};
    const std::string_view look = std::string_view{state.pending}.substr(0, kLookBytes);
    if (look.find('\0') != std::string_view::npos)
        throw CommandError{fmt::format("{} is not text but binary: {}", path, kWanted)};
    const ImportFormat kind = find_format(path, format, look);
    state.splitter.emplace(kind);
    state.sink = [&state](const ImportRecord& record) {
        state.bytes_held += record.text.size();
        state.records.push_back({record.line, std::string{record.text}, record.too_long});
    };
    state.fill(1, 1);
    if (state.records.empty() && !state.broken_end)
        throw CommandError{fmt::format("{} has only blank lines: {}", path, kWanted)};
    if (kind != ImportFormat::csv || state.records.empty()) return;
    Import::Record header = std::move(state.records.front());
    state.records.pop_front();
    state.bytes_held -= header.text.size();
    auto columns = header.too_long
                       ? Result<CsvColumns, std::string>{fail(std::string{"the first line is longer than 1 MiB"})}
                       : CsvColumns::parse(header.text);
    if (!columns) throw CommandError{fmt::format("{}, line {}: {}", path, header.line, columns.error())};
    state.columns = *std::move(columns);
    state.header = std::move(header.text);
}

ImportSource::~ImportSource() = default;

std::vector<Import::Record> ImportSource::next(Limits limits) {
    State& state = *state_;
    state.fill(limits.records_max, limits.bytes_max);
    std::vector<Import::Record> batch;
    std::size_t bytes = 0;
    while (!state.records.empty() && batch.size() < limits.records_max && bytes < limits.bytes_max) {
        bytes += state.records.front().text.size();
        batch.push_back(std::move(state.records.front()));
        state.records.pop_front();
    }
    state.bytes_held -= bytes;
    return batch;
}

const std::optional<CsvColumns>& ImportSource::columns() const { return state_->columns; }
const std::string& ImportSource::header() const { return state_->header; }
std::uint64_t ImportSource::bytes_read() const { return state_->unpacker.read(); }
std::optional<std::uint64_t> ImportSource::bytes_total() const { return state_->unpacker.total(); }
const std::optional<usecases::ImportReport::Refusal>& ImportSource::broken_end() const { return state_->broken_end; }

}  // namespace marketday::cli
