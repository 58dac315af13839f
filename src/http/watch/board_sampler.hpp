#pragma once

#include <map>
#include <string>

#include "base/time.hpp"
#include "http/metrics.hpp"
#include "http/watch/board_history.hpp"
#include "http/watch/loop_probe.hpp"

namespace marketday::http {

/// Makes one second's values from what the metrics say: rates from the growth of counters since the last call,
/// percentiles from the growth of histograms. One thread.
class BoardSampler {
public:
    /// They live longer.
    BoardSampler(const Metrics& metrics, LoopProbe& probe);

    /// The first call has no rates yet.
    BoardValues sample(Instant now);

    /// What one sale's line said in the last sample.
    struct LineFigures {
        double waiting = 0;
        double admissions_per_s = 0;
    };
    const std::map<std::string, LineFigures, std::less<>>& lines() const { return lines_; }

private:
    struct Totals {
        std::uint64_t requests = 0;
        std::uint64_t orders = 0;
        std::uint64_t errors = 0;
        std::uint64_t declined = 0;
        LatencyHistogram::Counts placing{};  // placeOrder
        LatencyHistogram::Counts reading{};  // every GET
    };
    Totals read_totals() const;
    void show_requests(BoardValues& values, const Totals& now, double seconds) const;
    void show_parts(BoardValues& values, const std::vector<Sample>& samples, double seconds);
    void show_process(BoardValues& values, double seconds);
    void read_lines(const std::vector<Sample>& samples, double seconds);

    const Metrics& metrics_;
    LoopProbe& probe_;
    bool begun_ = false;
    Instant last_{};
    Totals totals_;
    std::map<std::string, double, std::less<>> sums_;    // of the last sample, by name
    std::map<std::string, double, std::less<>> called_;  // by sale
    double received_bytes_ = 0;
    double sent_bytes_ = 0;
    std::map<std::string, LineFigures, std::less<>> lines_;
    double cpu_seconds_ = 0;
    double disk_read_ = 0;
    double disk_written_ = 0;
};

}  // namespace marketday::http
