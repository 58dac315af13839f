#include "usecases/import_records.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace marketday::usecases {
namespace {

using testing::ElementsAre;

/// "line:text" of each record, "line:!" for one that is too long.
std::vector<std::string> split(ImportFormat format, std::string_view text, std::size_t piece = 1) {
    std::vector<std::string> records;
    const RecordSplitter::Sink sink = [&records](const ImportRecord& record) {
        records.push_back(std::to_string(record.line) + ":" + (record.too_long ? "!" : std::string{record.text}));
    };
    RecordSplitter splitter(format);
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) splitter.push(text.substr(0, piece), sink);
    splitter.finish(sink);
    return records;
}

TEST(RecordSplitterTest, lines_keep_their_numbers_however_the_bytes_arrive) {
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
        EXPECT_THAT(split(ImportFormat::json_lines, "\xEF\xBB\xBF{a}\r\n\n  \n{b}\n{c}", piece),
                    ElementsAre("1:{a}", "4:{b}", "5:{c}"));
    }
}

TEST(RecordSplitterTest, a_quoted_field_may_hold_line_ends_in_csv_only) {
    const std::string_view text = "a,\"b\nc\"\nd,e\n";
    EXPECT_THAT(split(ImportFormat::csv, text), ElementsAre("1:a,\"b\nc\"", "3:d,e"));
    EXPECT_THAT(split(ImportFormat::json_lines, text), ElementsAre("1:a,\"b", "2:c\"", "3:d,e"));
}

TEST(RecordSplitterTest, a_long_line_is_refused_and_the_next_one_is_read) {
    const std::string longest(RecordSplitter::kRecordBytesMax, 'x');
    EXPECT_THAT(split(ImportFormat::json_lines, "a\n" + longest + "x\nb\n", 4096), ElementsAre("1:a", "2:!", "3:b"));
    EXPECT_EQ(split(ImportFormat::json_lines, longest + "\r\nb", 4096).front().size(), longest.size() + 2);
    EXPECT_THAT(split(ImportFormat::json_lines, longest + longest, 65536), ElementsAre("1:!"));
}

TEST(RecordSplitterTest, a_quote_that_never_closes_costs_at_most_one_long_record) {
    std::string text = "a,\"b\n";
    while (text.size() < RecordSplitter::kRecordBytesMax + 100) text += "filler\n";
    const auto records = split(ImportFormat::csv, text + "last,row\n", 65536);
    ASSERT_GE(records.size(), 2U);
    EXPECT_EQ(records.front(), "1:!");
    EXPECT_THAT(records.back(), testing::EndsWith("last,row"));
}

}  // namespace
}  // namespace marketday::usecases
