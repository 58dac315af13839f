#include "http/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <map>
#include <mutex>

#include "http/watch/process_figures.hpp"

namespace marketday::http {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily& family_of(std::map<std::string, MetricFamily>& families, const Sample& sample) {
    auto& family = families[sample.name];
    if (family.name.empty()) {
        family.name = sample.name;
        family.help = sample.help;
        family.type = sample.kind == Sample::Kind::counter ? MetricType::Counter : MetricType::Gauge;
    }
    return family;
}

std::vector<MetricFamily> to_families(const std::vector<Sample>& samples) {
    std::map<std::string, MetricFamily> families;
    for (const auto& sample : samples) {
        ClientMetric metric;
        for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
        if (sample.kind == Sample::Kind::counter)
            metric.counter.value = sample.value;
        else
            metric.gauge.value = sample.value;
        family_of(families, sample).metric.push_back(std::move(metric));
    }
    std::vector<MetricFamily> list;
    for (auto& [name, family] : families) list.push_back(std::move(family));
    return list;
}

/// The histogram with a bucket for each doubling: limits that its classes share, so that every count is exact.
ClientMetric::Histogram histogram_of(const LatencyHistogram& took) {
    constexpr std::uint64_t kFirstLimitUs = 128;
    constexpr std::uint64_t kLastLimitUs = std::uint64_t{1} << 24;
    LatencyHistogram::Counts counts{};
    took.add_to(counts);
    ClientMetric::Histogram histogram;
    std::uint64_t passed = 0;
    std::size_t index = 0;
    for (std::uint64_t limit_us = kFirstLimitUs; limit_us <= kLastLimitUs; limit_us *= 2) {
        while (index < counts.size() && LatencyHistogram::end_of_class_us(index) <= limit_us) passed += counts[index++];
        histogram.bucket.push_back({passed, static_cast<double>(limit_us) / 1e6});
    }
    while (index < counts.size()) passed += counts[index++];
    histogram.bucket.push_back({passed, std::numeric_limits<double>::infinity()});
    histogram.sample_count = passed;
    histogram.sample_sum = static_cast<double>(took.sum_ns()) / 1e9;
    return histogram;
}

void add_requests(const RequestFigures& figures, MetricFamily& seconds, MetricFamily& requests) {
    figures.each([&](const Route* route, const RequestFigures::OfRoute& of) {
        if (of.total() == 0) return;
        ClientMetric metric;
        metric.label.push_back({"listener", figures.listener()});
        metric.label.push_back({"operation", route != nullptr ? std::string{route->operation_id} : "none"});
        for (std::size_t i = 1; i < of.by_class.size(); ++i) {
            ClientMetric count = metric;
            count.label.push_back({"status", fmt::format("{}xx", i)});
            count.counter.value = static_cast<double>(of.by_class[i].load(std::memory_order_relaxed));
            requests.metric.push_back(std::move(count));
        }
        metric.histogram = histogram_of(of.took);
        seconds.metric.push_back(std::move(metric));
    });
}

}  // namespace

struct Metrics::State {
    std::mutex mutex;
    std::vector<Collect> collectors;
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::add_collector(Collect collect) {
    const std::scoped_lock lock(state_->mutex);
    state_->collectors.push_back(std::move(collect));
}

std::vector<Sample> Metrics::collect() const {
    std::vector<Sample> samples;
    const std::scoped_lock lock(state_->mutex);
    for (const auto& collect : state_->collectors) collect(samples);
    return samples;
}

std::string Metrics::render() const {
    MetricFamily seconds{
        "marketday_request_seconds", "From a request's last byte to its answer", MetricType::Histogram, {}};
    MetricFamily requests{"marketday_requests_total", "Answers given", MetricType::Counter, {}};
    for (const RequestFigures* figures : {&shop_, &operators_}) add_requests(*figures, seconds, requests);
    std::vector<Sample> samples = collect();
    collect_process(samples);
    auto families = to_families(samples);
    families.push_back(std::move(requests));
    families.push_back(std::move(seconds));
    return prometheus::TextSerializer{}.Serialize(families);
}

void collect_process(std::vector<Sample>& samples) {
    using Kind = Sample::Kind;
    const ProcessFigures process = read_process_figures();
    samples.push_back({Kind::counter, "process_cpu_seconds_total", "CPU time of the process", {}, process.cpu_seconds});
    samples.push_back(
        {Kind::gauge, "process_resident_memory_bytes", "Memory of the process", {}, process.resident_bytes});
    samples.push_back({Kind::gauge, "process_open_fds", "Open descriptors", {}, count_descriptors()});
    const auto disk = [&samples](const char* direction, double bytes) {
        samples.push_back({Kind::counter,
                           "marketday_disk_bytes_total",
                           "Bytes that reached the disk",
                           {{"direction", direction}},
                           bytes});
    };
    disk("read", process.disk_read_bytes);
    disk("write", process.disk_written_bytes);
    for (const auto& device : read_network_devices()) {
        const auto network = [&samples, &device](const char* direction, double bytes) {
            samples.push_back({Kind::counter,
                               "marketday_network_bytes_total",
                               "Bytes of the machine's interfaces",
                               {{"device", device.name}, {"direction", direction}},
                               bytes});
        };
        network("receive", device.received_bytes);
        network("transmit", device.sent_bytes);
    }
}

Route metrics_route(const Metrics& metrics) {
    static constexpr int kStatuses[] = {200};
    return {.method = Method::get,
            .pattern = "/metrics",
            .operation_id = "getMetrics",
            .summary = "Metrics in Prometheus's text format",
            .request_schema = {},
            .response_schema = "Metrics",
            .statuses = kStatuses,
            .handle = {},
            .handle_now = [&metrics](const Request&) {
                Response response;
                response.content_type = "text/plain; version=0.0.4; charset=utf-8";
                response.body = metrics.render();
                return response;
            }};
}

}  // namespace marketday::http
