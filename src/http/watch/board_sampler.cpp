#include "http/watch/board_sampler.hpp"

#include <algorithm>
#include <limits>
#include <thread>

#include "http/watch/process_figures.hpp"

namespace marketday::http {
namespace {

using Series = BoardSeries;

LatencyHistogram::Counts growth(const LatencyHistogram::Counts& now, const LatencyHistogram::Counts& before) {
    LatencyHistogram::Counts more{};
    for (std::size_t i = 0; i < more.size(); ++i) more[i] = now[i] - before[i];
    return more;
}

float milliseconds_or_none(std::optional<double> value) {
    return value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN();
}

/// Sums of all labels by name, and the growth of counters since the last sample.
class Sums {
public:
    Sums(const std::vector<Sample>& samples, std::map<std::string, double, std::less<>>& before) : before_(before) {
        for (const auto& sample : samples) sums_[sample.name] += sample.value;
    }
    ~Sums() {
        before_.clear();
        before_.insert(sums_.begin(), sums_.end());
    }
    Sums(const Sums&) = delete;
    Sums& operator=(const Sums&) = delete;

    double sum(std::string_view name) const {
        const auto found = sums_.find(name);
        return found == sums_.end() ? 0 : found->second;
    }
    double growth(std::string_view name) const {
        const auto found = before_.find(name);
        return found == before_.end() ? 0 : std::max(0.0, sum(name) - found->second);
    }

private:
    std::map<std::string_view, double, std::less<>> sums_;
    std::map<std::string, double, std::less<>>& before_;
};

std::string_view label_of(const Sample& sample, std::string_view name) {
    const auto found =
        std::ranges::find(sample.labels, name, [](const auto& label) -> std::string_view { return label.first; });
    return found == sample.labels.end() ? std::string_view{} : std::string_view{found->second};
}

double bytes_of(const std::vector<Sample>& samples, std::string_view direction) {
    double sum = 0;
    for (const auto& sample : samples)
        if (sample.name == "marketday_http_bytes_total" && label_of(sample, "direction") == direction)
            sum += sample.value;
    return sum;
}

}  // namespace

BoardSampler::BoardSampler(const Metrics& metrics, LoopProbe& probe) : metrics_(metrics), probe_(probe) {}

BoardSampler::Totals BoardSampler::read_totals() const {
    Totals totals;
    metrics_.shop().each([&totals](const Route* route, const RequestFigures::OfRoute& of) {
        totals.requests += of.total();
        const std::uint64_t declined = of.declined.load(std::memory_order_relaxed);
        const std::uint64_t failed = of.by_class[5].load(std::memory_order_relaxed);
        totals.declined += declined;
        totals.errors += failed - std::min(declined, failed);
        if (route == nullptr) return;
        if (route->operation_id == "placeOrder") {
            totals.orders += of.by_class[2].load(std::memory_order_relaxed);
            of.took.add_to(totals.placing);
        } else if (route->method == Method::get) {
            of.took.add_to(totals.reading);
        }
    });
    return totals;
}

void BoardSampler::show_requests(BoardValues& values, const Totals& now, double seconds) const {
    const auto rate = [seconds](std::uint64_t later, std::uint64_t before) {
        return static_cast<float>(static_cast<double>(later - std::min(before, later)) / seconds);
    };
    values[Series::requests_per_s] = rate(now.requests, totals_.requests);
    values[Series::orders_per_s] = rate(now.orders, totals_.orders);
    values[Series::errors_per_s] = rate(now.errors, totals_.errors);
    values[Series::declined_per_s] = rate(now.declined, totals_.declined);
    const auto placing = growth(now.placing, totals_.placing);
    values[Series::latency_ms_p50] = milliseconds_or_none(percentile_ms(placing, 0.5));
    values[Series::latency_ms_p99] = milliseconds_or_none(percentile_ms(placing, 0.99));
    values[Series::latency_ms_p999] = milliseconds_or_none(percentile_ms(placing, 0.999));
    const auto reading = growth(now.reading, totals_.reading);
    values[Series::latency_ms_p99_pages] = milliseconds_or_none(percentile_ms(reading, 0.99));
}

void BoardSampler::show_parts(BoardValues& values, const std::vector<Sample>& samples, double seconds) {
    const Sums sums(samples, sums_);
    const auto show = [&values](Series series, double value) { values[series] = static_cast<float>(value); };
    show(Series::line_length, sums.sum("marketday_line_waiting"));
    show(Series::lane_depth, sums.sum("marketday_lane_depth"));
    show(Series::connections_open, sums.sum("marketday_connections_open"));
    show(Series::db_connections_in_use, sums.sum("marketday_store_connections_in_use"));
    show(Series::db_waiting, sums.sum("marketday_store_writes_waiting") + sums.sum("marketday_store_reads_waiting") +
                                 sums.sum("marketday_store_connections_waited_for"));
    const double hits = sums.growth("marketday_cache_hits_total");
    const double asked =
        hits + sums.growth("marketday_cache_misses_total") + sums.growth("marketday_cache_joined_total");
    if (asked > 0) show(Series::cache_hit_ratio, hits / asked);
    if (const double batches = sums.growth("marketday_lane_batches_total"); batches > 0) {
        show(Series::batch_orders, sums.growth("marketday_lane_orders_total") / batches);
        show(Series::commit_ms, 1000 * sums.growth("marketday_lane_commit_seconds_total") / batches);
    }
    double admissions = 0;
    for (const auto& [sale, line] : lines_) admissions += line.admissions_per_s;
    show(Series::admissions_per_s, admissions);
    const double received = bytes_of(samples, "receive");
    const double sent = bytes_of(samples, "transmit");
    show(Series::net_in_bytes_per_s, (received - received_bytes_) / seconds);
    show(Series::net_out_bytes_per_s, (sent - sent_bytes_) / seconds);
    received_bytes_ = received;
    sent_bytes_ = sent;
}

void BoardSampler::read_lines(const std::vector<Sample>& samples, double seconds) {
    lines_.clear();
    std::map<std::string, double, std::less<>> called;
    for (const auto& sample : samples) {
        if (sample.name == "marketday_line_waiting") {
            lines_[std::string{label_of(sample, "sale")}].waiting = sample.value;
        } else if (sample.name == "marketday_line_called_total") {
            const std::string sale{label_of(sample, "sale")};
            const auto before = called_.find(sale);
            if (before != called_.end())
                lines_[sale].admissions_per_s = std::max(0.0, sample.value - before->second) / seconds;
            called[sale] = sample.value;
        }
    }
    called_ = std::move(called);
}

void BoardSampler::show_process(BoardValues& values, double seconds) {
    const ProcessFigures process = read_process_figures();
    const double cores = std::max(1U, std::thread::hardware_concurrency());
    values[Series::memory_bytes] = static_cast<float>(process.resident_bytes);
    if (begun_) {
        values[Series::cpu_percent] = static_cast<float>(100 * (process.cpu_seconds - cpu_seconds_) / seconds / cores);
        values[Series::disk_read_bytes_per_s] = static_cast<float>((process.disk_read_bytes - disk_read_) / seconds);
        values[Series::disk_write_bytes_per_s] =
            static_cast<float>((process.disk_written_bytes - disk_written_) / seconds);
    }
    cpu_seconds_ = process.cpu_seconds;
    disk_read_ = process.disk_read_bytes;
    disk_written_ = process.disk_written_bytes;
}

BoardValues BoardSampler::sample(Instant now) {
    BoardValues values;
    const double seconds = std::max(1e-3, std::chrono::duration<double>(now - last_).count());
    const Totals totals = read_totals();
    const std::vector<Sample> samples = metrics_.collect();
    read_lines(samples, seconds);
    BoardValues parts;
    show_parts(parts, samples, seconds);
    if (begun_) {
        values = parts;
        show_requests(values, totals, seconds);
        values[Series::loop_lag_ms] = static_cast<float>(probe_.take_worst_ms(now));
    }
    show_process(values, seconds);
    totals_ = totals;
    last_ = now;
    begun_ = true;
    return values;
}

}  // namespace marketday::http
