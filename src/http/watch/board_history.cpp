#include "http/watch/board_history.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace marketday::http {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

constexpr std::array<BoardSeriesText, kBoardSeries> kTexts{{
    {"requests_per_s", "1/s", "answers given to shoppers"},
    {"orders_per_s", "1/s", "orders granted: the goodput"},
    {"errors_per_s", "1/s", "answers of 500 and above, without 503"},
    {"declined_per_s", "1/s", "answers of 503: come again later"},
    {"latency_ms_p50", "ms", "half of the orders were answered within this"},
    {"latency_ms_p99", "ms", "99 of 100 orders were answered within this"},
    {"latency_ms_p999", "ms", "999 of 1,000 orders were answered within this"},
    {"latency_ms_p99_pages", "ms", "99 of 100 of all that is read (GET) was answered within this"},
    {"line_length", "shoppers", "who wait in all lines"},
    {"admissions_per_s", "1/s", "called out of all lines"},
    {"lane_depth", "orders", "that wait in all lanes"},
    {"batch_orders", "orders", "a batch, on average"},
    {"commit_ms", "ms", "from sending a batch to its verdicts, on average"},
    {"cache_hit_ratio", "ratio", "of what is asked of the near caches, found there"},
    {"db_connections_in_use", "connections", "of the database, that work"},
    {"db_waiting", "requests", "that wait for one"},
    {"cpu_percent", "percent", "of all the machine's cores, used by this program"},
    {"memory_bytes", "bytes", "resident, of this program"},
    {"disk_read_bytes_per_s", "bytes/s", "read from disk by this program"},
    {"disk_write_bytes_per_s", "bytes/s", "written to disk by this program"},
    {"net_in_bytes_per_s", "bytes/s", "received by both listeners"},
    {"net_out_bytes_per_s", "bytes/s", "sent by both listeners"},
    {"loop_lag_ms", "ms", "that work waited for the shop's thread, at worst"},
    {"connections_open", "connections", "of shoppers"},
}};

std::size_t place(BoardSeries series, std::int64_t unix_s) {
    return static_cast<std::size_t>(series) * static_cast<std::size_t>(BoardHistory::kSeconds) +
           static_cast<std::size_t>(unix_s % BoardHistory::kSeconds);
}

}  // namespace

const BoardSeriesText& text_of(BoardSeries series) { return kTexts[static_cast<std::size_t>(series)]; }

std::optional<BoardSeries> parse_board_series(std::string_view name) {
    const auto found = std::ranges::find(kTexts, name, &BoardSeriesText::name);
    if (found == kTexts.end()) return std::nullopt;
    return static_cast<BoardSeries>(found - kTexts.begin());
}

BoardValues::BoardValues() { values.fill(kNone); }

BoardHistory::BoardHistory() : ring_(kBoardSeries * static_cast<std::size_t>(kSeconds), kNone) {}

void BoardHistory::add(std::int64_t unix_s, const BoardValues& values) {
    if (unix_s <= newest_) return;
    if (newest_ == 0) first_ = unix_s;
    const std::int64_t skipped_from = std::max(newest_ == 0 ? unix_s : newest_ + 1, unix_s - kSeconds + 1);
    for (std::size_t i = 0; i < kBoardSeries; ++i) {
        const auto series = static_cast<BoardSeries>(i);
        for (std::int64_t second = skipped_from; second < unix_s; ++second) ring_[place(series, second)] = kNone;
        ring_[place(series, unix_s)] = values[series];
    }
    newest_ = unix_s;
}

std::int64_t BoardHistory::oldest() const { return std::max(first_, newest_ - kSeconds + 1); }

float BoardHistory::at(BoardSeries series, std::int64_t unix_s) const {
    if (unix_s < oldest() || unix_s > newest_ || newest_ == 0) return kNone;
    return ring_[place(series, unix_s)];
}

void BoardHistory::append_points(std::string& json, BoardSeries series, std::int64_t from) const {
    json += '[';
    for (std::int64_t second = std::max(from, oldest()); second <= newest_ && newest_ != 0; ++second) {
        if (json.back() != '[') json += ',';
        append_number(json, ring_[place(series, second)]);
    }
    json += ']';
}

void BoardHistory::append_values(std::string& json, std::int64_t unix_s) const {
    json += '{';
    for (std::size_t i = 0; i < kBoardSeries; ++i) {
        if (i > 0) json += ',';
        json += '"';
        json += kTexts[i].name;
        json += "\":";
        append_number(json, at(static_cast<BoardSeries>(i), unix_s));
    }
    json += '}';
}

void append_number(std::string& json, float value) {
    if (!std::isfinite(value)) {
        json += "null";
        return;
    }
    // The hundredths as a whole number: several times quicker than printing a float.
    std::array<char, 32> digits{};
    const bool whole = std::abs(value) >= 100;
    const auto scaled = static_cast<std::int64_t>(std::llround(whole ? static_cast<double>(value) : value * 100.0));
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), whole ? scaled : std::abs(scaled) / 100);
    if (!whole && scaled < 0) json += '-';
    json.append(digits.data(), end.ptr);
    const auto hundredths = static_cast<int>(std::abs(scaled) % 100);
    if (whole || hundredths == 0) return;
    json += '.';
    json += static_cast<char>('0' + hundredths / 10);
    if (hundredths % 10 != 0) json += static_cast<char>('0' + hundredths % 10);
}

}  // namespace marketday::http
