#include "usecases/import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace marketday::usecases {

using ports::Catalogue;

namespace {

struct Parsed {
    std::vector<Catalogue::Write> writes;
    ImportReport report;  // of what is not written
};

Parsed parse(const Import::Batch& batch, const ImportPolicy& policy) {
    Parsed parsed;
    parsed.writes.reserve(batch.records.size());
    for (const auto& record : batch.records) {
        ImportRow row;
        if (record.too_long)
            row.reason = fmt::format("longer than {} bytes", RecordSplitter::kRecordBytesMax);
        else
            row = batch.columns ? batch.columns->read_row(record.text, policy) : read_json_row(record.text, policy);
        if (!row.foreign_currency.empty()) ++parsed.report.foreign_prices[row.foreign_currency];
        switch (row.kind) {
            case ImportRow::Kind::product: parsed.writes.push_back(std::move(row.write)); break;
            case ImportRow::Kind::skipped: ++parsed.report.skipped; break;
            case ImportRow::Kind::refused:
                parsed.report.refused.push_back({record.line, std::move(row.sku), std::move(row.reason)});
                break;
        }
    }
    return parsed;
}

Import::Error to_error(Catalogue::Error error) {
    switch (error) {
        case Catalogue::Error::unavailable: return Import::Error::unavailable;
        case Catalogue::Error::outcome_unknown: return Import::Error::outcome_unknown;
    }
    return Import::Error::unavailable;
}

/// `with_stock`: which of the writes named a stock.
void count(ImportReport& report, const std::vector<Catalogue::Written>& written, const std::vector<bool>& with_stock) {
    for (std::size_t i = 0; i < written.size(); ++i) {
        const auto outcome = written[i];
        if (outcome == Catalogue::Written::unchanged && with_stock[i]) ++report.stock_kept;
        switch (outcome) {
            case Catalogue::Written::created: ++report.created; break;
            case Catalogue::Written::updated: ++report.updated; break;
            case Catalogue::Written::unchanged:
            case Catalogue::Written::conflict: ++report.unchanged; break;  // no version was asked for: never a conflict
        }
    }
}

}  // namespace

void ImportReport::add(ImportReport other) {
    created += other.created;
    updated += other.updated;
    unchanged += other.unchanged;
    skipped += other.skipped;
    stock_kept += other.stock_kept;
    std::ranges::move(other.refused, std::back_inserter(refused));
    for (const auto& [currency, products] : other.foreign_prices) foreign_prices[currency] += products;
}

Task<Result<ImportReport, Import::Error>> Import::take(Batch batch) {
    const ImportPolicy policy{options_.currency, batch.no_price};
    auto job = [&batch, &policy] { return parse(batch, policy); };
    auto parsed = co_await blocking(pool_, std::move(job));
    if (!parsed) co_return fail(Error::busy);
    ImportReport report = std::move(parsed->report);
    auto& writes = parsed->writes;
    for (std::size_t first = 0; first < writes.size(); first += options_.writes_per_commit) {
        const std::size_t end = std::min(writes.size(), first + options_.writes_per_commit);
        std::vector<Catalogue::Write> part{std::make_move_iterator(writes.begin() + static_cast<std::ptrdiff_t>(first)),
                                           std::make_move_iterator(writes.begin() + static_cast<std::ptrdiff_t>(end))};
        std::vector<bool> with_stock;
        for (const auto& write : part) with_stock.push_back(write.first_stock > 0);
        auto written = co_await catalogue_.put(std::move(part));
        if (!written) co_return fail(to_error(written.error()));
        count(report, *written, with_stock);
    }
    co_return report;
}

}  // namespace marketday::usecases
