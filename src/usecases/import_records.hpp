#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace marketday::usecases {

enum class ImportFormat : std::uint8_t { json_lines, csv };

/// One record of an import: a line, or in CSV what stands between two line ends outside quotes.
struct ImportRecord {
    std::int64_t line = 1;  // of its first byte, from 1
    std::string_view text;  // without its line end; valid during the call only
    bool too_long = false;  // longer than kRecordBytesMax; `text` is then empty
};

/// Cuts a stream of bytes into records with bounded memory: of a record longer than kRecordBytesMax nothing is kept,
/// and the next one begins after the next line end. Blank lines and a byte order mark at the start are skipped; CR LF
/// is one line end.
class RecordSplitter {
public:
    static constexpr std::size_t kRecordBytesMax = 1024 * 1024;
    using Sink = std::function<void(const ImportRecord&)>;

    explicit RecordSplitter(ImportFormat format) : format_(format) {}
    void push(std::string_view bytes, const Sink& sink);
    /// The last record, if it had no line end.
    void finish(const Sink& sink);
    /// The line that the next byte belongs to.
    std::int64_t line() const { return line_; }
    /// Whether bytes of a record are held that has not ended.
    bool in_record() const { return too_long_ || !kept_.empty(); }

private:
    void take(std::string_view piece);
    void end_record(const Sink& sink);

    ImportFormat format_;
    std::string kept_;
    std::int64_t line_ = 1;
    std::int64_t record_line_ = 1;
    bool in_quotes_ = false;
    bool too_long_ = false;
    bool at_start_ = true;
};

}  // namespace marketday::usecases
