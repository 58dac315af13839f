#include "crowd/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>

#include "base/text.hpp"

namespace marketday::crowd {
namespace {

constexpr std::size_t kLinesMax = 50;
constexpr std::int64_t kUnitsMax = 10'000;
enum Column : std::size_t { invoice, code, description, quantity, date, price, customer, country, column_count };
using Row = std::array<std::string, column_count>;

/// Takes one row off `rest` (RFC 4180); false when its number of fields is wrong.
bool take_row(std::string_view& rest, Row& row) {
    std::size_t column = 0;
    bool quoted = false;
    for (std::string& field : row) field.clear();
    std::size_t i = 0;
    for (; i < rest.size(); ++i) {
        const char c = rest[i];
        if (quoted) {
            if (c != '"') {
                if (column < column_count) row[column] += c;
            } else if (i + 1 < rest.size() && rest[i + 1] == '"') {
                if (column < column_count) row[column] += c;
                ++i;
            } else {
                quoted = false;
            }
        } else if (c == '"') {
            quoted = true;
        } else if (c == ',') {
            ++column;
        } else if (c == '\n') {
            break;
        } else if (c != '\r' && column < column_count) {
            row[column] += c;
        }
    }
    rest.remove_prefix(std::min(i + 1, rest.size()));
    return column + 1 == column_count;
}

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

bool is_positive_price(std::string_view text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && value > 0;
}

/// "2010-12-01 08:26:00" in seconds; the zone does not matter, only differences do.
std::optional<std::int64_t> seconds_of(std::string_view text) {
    if (text.size() != 19) return std::nullopt;
    std::string stamp(text);
    stamp[10] = 'T';
    const auto ms = from_rfc3339(stamp + ".000Z");
    if (!ms) return std::nullopt;
    return *ms / 1000;
}

void add_line(Invoice& to, std::string sku, std::int64_t units) {
    for (Invoice::Line& line : to.lines) {
        if (line.sku != sku) continue;
        line.quantity = std::min(line.quantity + units, kUnitsMax);
        return;
    }
    to.lines.push_back({std::move(sku), std::min(units, kUnitsMax)});
}

/// Invoices of more than 50 lines become several at the same instant.
void split(std::vector<Invoice>& invoices) {
    std::vector<Invoice> out;
    for (Invoice& whole : invoices) {
        for (std::size_t from = 0; from < whole.lines.size(); from += kLinesMax) {
            const std::size_t to = std::min(from + kLinesMax, whole.lines.size());
            Invoice part{whole.at_s, whole.customer, {}};
            part.lines.assign(whole.lines.begin() + static_cast<std::ptrdiff_t>(from),
                              whole.lines.begin() + static_cast<std::ptrdiff_t>(to));
            out.push_back(std::move(part));
        }
    }
    invoices = std::move(out);
}

}  // namespace

Result<ReplayFile, Trouble> read_invoices(std::string_view csv) {
    ReplayFile file;
    Row row;
    if (!take_row(csv, row) || row[invoice] != "InvoiceNo" || row[code] != "StockCode" || row[quantity] != "Quantity") {
        return fail(Trouble{"not an orders file: its first line must be InvoiceNo,StockCode,Description,Quantity,…"});
    }
    std::unordered_map<std::string, std::size_t> index_of;
    while (!csv.empty()) {
        const bool whole = take_row(csv, row);
        ++file.rows;
        const auto units = whole ? whole_number(row[quantity]) : std::nullopt;
        const auto at = whole ? seconds_of(row[date]) : std::nullopt;
        const bool cancelled = row[invoice].starts_with('C');
        if (!units || !at || *units <= 0 || cancelled || row[code].empty() || !is_positive_price(row[price])) {
            ++file.rows_skipped;
            continue;
        }
        const auto [found, fresh] = index_of.try_emplace(row[invoice], file.invoices.size());
        if (fresh) file.invoices.push_back({*at, row[customer], {}});
        add_line(file.invoices[found->second], "uci-" + row[code], *units);
    }
    if (file.invoices.empty()) return fail(Trouble{"the orders file has no invoice that can be replayed"});
    std::ranges::stable_sort(file.invoices, {}, &Invoice::at_s);
    const std::int64_t first = file.invoices.front().at_s;
    for (Invoice& each : file.invoices) each.at_s -= first;
    split(file.invoices);
    return file;
}

}  // namespace marketday::crowd
