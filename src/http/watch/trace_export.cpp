#include "http/watch/trace_export.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "base/log.hpp"
#include "http/watch/otlp_call.hpp"

namespace marketday::http {
namespace {

constexpr std::chrono::milliseconds kFarewell{500};
constexpr std::uint64_t kSampleRange = 1 << 24;

OtlpAddress parse_url(const std::string& url) {
    constexpr std::string_view kScheme = "http://";
    const std::string_view rest = std::string_view{url}.substr(std::min(url.size(), kScheme.size()));
    const auto slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    const auto colon = authority.rfind(':');
    const bool has_port = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos;
    OtlpAddress address;
    address.host = authority.substr(0, has_port ? colon : std::string_view::npos);
    address.port = has_port ? authority.substr(colon + 1) : std::string_view{"4318"};
    address.path = slash == std::string_view::npos || slash + 1 == rest.size() ? std::string_view{"/v1/traces"}
                                                                               : rest.substr(slash);
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    const bool digits = !address.port.empty() && address.port.find_first_not_of("0123456789") == std::string::npos;
    if (!url.starts_with(kScheme) || address.host.empty() || !digits)
        throw std::runtime_error(
            fmt::format("trace.otlp_url must be like http://127.0.0.1:4318/v1/traces, not \"{}\"; for a collector "
                        "behind TLS run one beside the shop",
                        url));
    return address;
}

bool is_worth_trying_again(int status) {
    return status == 0 || status == 429 || status == 502 || status == 503 || status == 504;
}

}  // namespace

TraceExport::TraceExport(Options options) : options_(std::move(options)) {
    const OtlpAddress address = parse_url(options_.url);
    host_ = address.host;
    port_ = address.port;
    path_ = address.path;
    sample_below_ = static_cast<std::uint64_t>(std::clamp(options_.sample_percent, 0.0, 100.0) / 100 *
                                               static_cast<double>(kSampleRange));
    queue_.reserve(options_.queue_max);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "trace-export");
}

TraceExport::~TraceExport() {
    {
        const std::scoped_lock lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

bool TraceExport::samples(std::string_view trace_id) const {
    if (sample_below_ == 0 || trace_id.size() < 6) return false;
    std::uint64_t number = 0;
    const std::string_view last = trace_id.substr(trace_id.size() - 6);
    std::from_chars(last.data(), last.data() + last.size(), number, 16);
    return number < sample_below_;
}

void TraceExport::add(const FinishedRequest& request) {
    // The sender holds it only to swap two vectors; who comes at that very moment does without.
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock() || queue_.size() >= options_.queue_max) {
        figures_.dropped_total.fetch_add(1, std::memory_order_relaxed);
        return;
    }
    queue_.push_back(request);
}

bool TraceExport::wait_or_stop(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    return wake_.wait_for(lock, time, [this] { return stopping_; });
}

void TraceExport::run() {
    std::vector<FinishedRequest> taken;
    taken.reserve(options_.queue_max);
    for (bool stopping = false; !stopping;) {
        stopping = wait_or_stop(options_.every);
        {
            const std::scoped_lock lock(mutex_);
            taken.swap(queue_);
        }
        send_all(taken);
        taken.clear();
    }
}

void TraceExport::send_all(std::vector<FinishedRequest>& requests) {
    bool given_up = false;
    for (std::size_t at = 0; at < requests.size(); at += options_.batch_max) {
        const std::size_t count = std::min(options_.batch_max, requests.size() - at);
        const bool sent = !given_up && send(otlp_json(std::span{requests}.subspan(at, count), options_.version));
        auto& counter = sent ? figures_.sent_total : figures_.dropped_total;
        counter.fetch_add(count, std::memory_order_relaxed);
        // At the end nobody waits for a collector that does not answer.
        if (!sent) given_up = wait_or_stop({});
    }
}

bool TraceExport::send(const std::string& body) {
    int status = 0;
    for (int attempt = 0; attempt < options_.tries; ++attempt) {
        const bool stopping =
            wait_or_stop(attempt == 0 ? milliseconds{0} : options_.try_again_after * (1 << (attempt - 1)));
        if (stopping && attempt > 0) break;
        status = post_json({host_, port_, path_}, body, stopping ? kFarewell : options_.timeout);
        if (status / 100 == 2) return true;
        figures_.failures_total.fetch_add(1, std::memory_order_relaxed);
        if (stopping || !is_worth_trying_again(status)) break;
    }
    log::warn("trace.export.failed", {{"status", status}});
    return false;
}

}  // namespace marketday::http
