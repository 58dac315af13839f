#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::http {

/// What the board shows, one number a second each. The names are the API's.
enum class BoardSeries : std::uint8_t {
    requests_per_s,
    orders_per_s,
    errors_per_s,
    declined_per_s,
    latency_ms_p50,
    latency_ms_p99,
    latency_ms_p999,
    latency_ms_p99_pages,
    line_length,
    admissions_per_s,
    lane_depth,
    batch_orders,
    commit_ms,
    cache_hit_ratio,
    db_connections_in_use,
    db_waiting,
    cpu_percent,
    memory_bytes,
    disk_read_bytes_per_s,
    disk_write_bytes_per_s,
    net_in_bytes_per_s,
    net_out_bytes_per_s,
    loop_lag_ms,
    connections_open,
};
inline constexpr std::size_t kBoardSeries = 24;

struct BoardSeriesText {
    std::string_view name;
    std::string_view unit;
    std::string_view about;
};
const BoardSeriesText& text_of(BoardSeries series);
std::optional<BoardSeries> parse_board_series(std::string_view name);

/// One second's values; not a number where there is no data.
struct BoardValues {
    BoardValues();
    float& operator[](BoardSeries series) { return values[static_cast<std::size_t>(series)]; }
    float operator[](BoardSeries series) const { return values[static_cast<std::size_t>(series)]; }
    std::array<float, kBoardSeries> values;
};

/// The last hour, a value a second and series, in memory that is taken once. One thread.
class BoardHistory {
public:
    static constexpr std::int64_t kSeconds = 3600;

    BoardHistory();
    /// `unix_s` later than any before; seconds left out have no data. A second that is not later is dropped.
    void add(std::int64_t unix_s, const BoardValues& values);

    /// The newest second; 0 before the first.
    std::int64_t newest() const { return newest_; }
    /// The first second that is kept: an hour back, or that of the start.
    std::int64_t oldest() const;
    /// Taken once, whatever is added.
    std::size_t memory_bytes() const { return ring_.capacity() * sizeof(float); }
    /// Nothing was measured in seconds outside of what is kept.
    float at(BoardSeries series, std::int64_t unix_s) const;

    /// Appends `[1,null,2.5]`: the series from `from` to the newest second.
    void append_points(std::string& json, BoardSeries series, std::int64_t from) const;
    /// Appends `{"name":number|null,…}` for one second.
    void append_values(std::string& json, std::int64_t unix_s) const;

private:
    std::vector<float> ring_;  // kSeconds a series
    std::int64_t first_ = 0;
    std::int64_t newest_ = 0;
};

/// Appends a number as short as it may be: whole from a hundred on, two decimals below; null when it is none.
void append_number(std::string& json, float value);

}  // namespace marketday::http
