// The records of an import, JSON Lines or CSV, in pieces of any size. What is taken is a product without fault.

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "domain/product.hpp"
#include "tests/fuzz/target.hpp"
#include "usecases/import_records.hpp"
#include "usecases/import_row.hpp"

namespace marketday::fuzz {
namespace {

using usecases::ImportFormat;
using usecases::ImportRow;

struct Record {
    std::int64_t line;
    std::string text;
    bool too_long;
    bool operator==(const Record&) const = default;
};

std::vector<Record> split(std::string_view bytes, ImportFormat format, std::size_t step) {
    std::vector<Record> records;
    usecases::RecordSplitter splitter(format);
    const auto keep = [&](const usecases::ImportRecord& record) {
        records.push_back({record.line, std::string{record.text}, record.too_long});
    };
    while (!bytes.empty()) {
        splitter.push(bytes.substr(0, step), keep);
        bytes.remove_prefix(std::min(step, bytes.size()));
    }
    splitter.finish(keep);
    return records;
}

void check_row(const ImportRow& row) {
    if (row.kind == ImportRow::Kind::refused) FUZZ_REQUIRE(!row.reason.empty());
    if (row.kind != ImportRow::Kind::product) return;
    const auto& product = row.write.product;
    const auto fault = domain::find_fault(product);
    FUZZ_REQUIRE_SAYING(!fault, fault.value_or(""));
    for (const std::string& name : product.name.texts) {
        FUZZ_REQUIRE(is_valid_utf8(name));
        FUZZ_REQUIRE(name.find('\0') == std::string::npos);
    }
}

FUZZ_TARGET(import) {
    Pieces pieces(bytes);
    const auto format = pieces.byte() % 2 == 0 ? ImportFormat::json_lines : ImportFormat::csv;
    const std::size_t step = 1 + pieces.byte();
    const auto records = split(pieces.rest(), format, std::string_view::npos);
    FUZZ_REQUIRE(records == split(pieces.rest(), format, step));

    const Currency krw = *Currency::parse("KRW");
    const usecases::ImportPolicy policy{krw, {}};
    std::optional<usecases::CsvColumns> columns;
    for (const Record& record : records) {
        if (format == ImportFormat::json_lines) {
            check_row(usecases::read_json_row(record.text, policy));
        } else if (!columns) {
            auto header = usecases::CsvColumns::parse(record.text);
            if (!header) {
                FUZZ_REQUIRE(!header.error().empty());
                break;
            }
            columns = std::move(*header);
        } else {
            check_row(columns->read_row(record.text, policy));
        }
    }
}

}  // namespace
}  // namespace marketday::fuzz
