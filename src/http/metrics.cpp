#include "http/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>

namespace marketday::http {
namespace {

const prometheus::Histogram::BucketBoundaries kSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                       0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};

/// The requests of one route on one listener.
struct OfRoute {
    prometheus::Histogram* seconds = nullptr;
    std::array<prometheus::Counter*, 6> by_class{};
};

prometheus::MetricFamily& family_of(std::map<std::string, prometheus::MetricFamily>& families, const Sample& sample) {
    auto& family = families[sample.name];
    if (family.name.empty()) {
        family.name = sample.name;
        family.help = sample.help;
        family.type =
            sample.kind == Sample::Kind::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
    }
    return family;
}

std::vector<prometheus::MetricFamily> to_families(const std::vector<Sample>& samples) {
    std::map<std::string, prometheus::MetricFamily> families;
    for (const auto& sample : samples) {
        prometheus::ClientMetric metric;
        for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
        if (sample.kind == Sample::Kind::counter)
            metric.counter.value = sample.value;
        else
            metric.gauge.value = sample.value;
        family_of(families, sample).metric.push_back(std::move(metric));
    }
    std::vector<prometheus::MetricFamily> list;
    for (auto& [name, family] : families) list.push_back(std::move(family));
    return list;
}

void add_cpu_and_memory(std::vector<Sample>& samples) {
    std::ifstream stat("/proc/self/stat");
    std::string text((std::istreambuf_iterator<char>(stat)), {});
    // The name in parentheses may hold spaces: the fields are counted from behind it.
    std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 2)));
    std::string skipped;
    double user = 0, system = 0, resident_pages = 0;
    for (int field = 3; field <= 24 && fields; ++field) {
        if (field == 14) {
            fields >> user;
        } else if (field == 15) {
            fields >> system;
        } else if (field == 24) {
            fields >> resident_pages;
        } else {
            fields >> skipped;
        }
    }
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    samples.push_back(
        {Sample::Kind::counter, "process_cpu_seconds_total", "CPU time of the process", {}, (user + system) / ticks});
    samples.push_back(
        {Sample::Kind::gauge, "process_resident_memory_bytes", "Memory of the process", {}, resident_pages * page});
}

void add_disk(std::vector<Sample>& samples) {
    std::ifstream io("/proc/self/io");
    std::string name;
    double bytes = 0;
    while (io >> name >> bytes) {
        if (name == "read_bytes:" || name == "write_bytes:")
            samples.push_back({Sample::Kind::counter,
                               "marketday_disk_bytes_total",
                               "Bytes that reached the disk",
                               {{"direction", name == "read_bytes:" ? "read" : "write"}},
                               bytes});
    }
}

void add_network(std::vector<Sample>& samples) {
    std::ifstream devices("/proc/net/dev");
    std::string line;
    while (std::getline(devices, line)) {
        const auto colon = line.find(':');
        if (colon == std::string::npos) continue;
        const auto name = line.substr(line.find_first_not_of(' '), colon - line.find_first_not_of(' '));
        std::istringstream fields(line.substr(colon + 1));
        std::array<double, 9> values{};
        for (auto& value : values) fields >> value;
        samples.push_back({Sample::Kind::counter,
                           "marketday_network_bytes_total",
                           "Bytes of the machine's interfaces",
                           {{"device", name}, {"direction", "receive"}},
                           values[0]});
        samples.push_back({Sample::Kind::counter,
                           "marketday_network_bytes_total",
                           "Bytes of the machine's interfaces",
                           {{"device", name}, {"direction", "transmit"}},
                           values[8]});
    }
}

}  // namespace

struct Metrics::State {
    prometheus::Registry registry;
    prometheus::Family<prometheus::Histogram>& seconds = prometheus::BuildHistogram()
                                                             .Name("marketday_request_seconds")
                                                             .Help("From a request's last byte to its answer")
                                                             .Register(registry);
    prometheus::Family<prometheus::Counter>& requests =
        prometheus::BuildCounter().Name("marketday_requests_total").Help("Answers given").Register(registry);
    mutable std::mutex mutex;
    std::map<std::pair<std::string_view, const Route*>, OfRoute> routes;
    std::vector<Collect> collectors;

    OfRoute& of(std::string_view listener, const Route* route) {
        const std::scoped_lock lock(mutex);
        auto& known = routes[{listener, route}];
        if (known.seconds == nullptr) {
            const std::string name = route != nullptr ? std::string{route->operation_id} : "none";
            const prometheus::Labels labels{{"listener", std::string{listener}}, {"operation", name}};
            known.seconds = &seconds.Add(labels, kSeconds);
            for (std::size_t i = 1; i < known.by_class.size(); ++i) {
                auto with_class = labels;
                with_class.emplace("status", fmt::format("{}xx", i));
                known.by_class[i] = &requests.Add(with_class);
            }
        }
        return known;
    }
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

void Metrics::observe(std::string_view listener, const Route* route, int status, std::chrono::nanoseconds took) {
    OfRoute& known = state_->of(listener, route);
    known.seconds->Observe(std::chrono::duration<double>(took).count());
    const auto hundreds = static_cast<std::size_t>(status / 100);
    if (hundreds > 0 && hundreds < known.by_class.size()) known.by_class[hundreds]->Increment();
}

void Metrics::add_collector(Collect collect) {
    const std::scoped_lock lock(state_->mutex);
    state_->collectors.push_back(std::move(collect));
}

std::string Metrics::render() const {
    std::vector<Sample> samples;
    collect_process(samples);
    {
        const std::scoped_lock lock(state_->mutex);
        for (const auto& collect : state_->collectors) collect(samples);
    }
    auto families = state_->registry.Collect();
    for (auto& family : to_families(samples)) families.push_back(std::move(family));
    return prometheus::TextSerializer{}.Serialize(families);
}

void collect_process(std::vector<Sample>& samples) {
    add_cpu_and_memory(samples);
    add_disk(samples);
    add_network(samples);
    std::error_code error;
    double descriptors = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
        static_cast<void>(entry);
        ++descriptors;
    }
    samples.push_back({Sample::Kind::gauge, "process_open_fds", "Open descriptors", {}, descriptors});
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
