#include "usecases/import_records.hpp"

#include <algorithm>

namespace marketday::usecases {

void RecordSplitter::take(std::string_view piece) {
    if (too_long_) return;
    if (kept_.size() + piece.size() > kRecordBytesMax + 1) {  // + 1: a CR before the line end
        too_long_ = true;
        kept_ = {};
        return;
    }
    kept_.append(piece);
    if (format_ == ImportFormat::csv && std::ranges::count(piece, '"') % 2 != 0) in_quotes_ = !in_quotes_;
}

void RecordSplitter::end_record(const Sink& sink) {
    std::string_view text = kept_;
    if (at_start_ && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    at_start_ = false;
    if (text.ends_with('\r')) text.remove_suffix(1);
    const bool too_long = too_long_ || text.size() > kRecordBytesMax;
    const bool blank = text.find_first_not_of(" \t\r") == std::string_view::npos;
    if (too_long)
        sink({record_line_, {}, true});
    else if (!blank)
        sink({record_line_, text, false});
    kept_.clear();
    too_long_ = false;
    in_quotes_ = false;
    record_line_ = line_;
}

void RecordSplitter::push(std::string_view bytes, const Sink& sink) {
    while (!bytes.empty()) {
        const std::size_t end = bytes.find('\n');
        take(bytes.substr(0, end));
        if (end == std::string_view::npos) return;
        ++line_;
        bytes.remove_prefix(end + 1);
        if (in_quotes_ && !too_long_)
            take("\n");
        else
            end_record(sink);
    }
}

void RecordSplitter::finish(const Sink& sink) {
    if (in_record()) end_record(sink);
}

}  // namespace marketday::usecases
