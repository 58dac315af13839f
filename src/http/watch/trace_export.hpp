#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "http/watch/finished_request.hpp"

namespace marketday::http {

/// Sends requests as traces to an OpenTelemetry collector: OTLP/HTTP in its JSON encoding
/// (opentelemetry.io/docs/specs/otlp), in batches, from a thread of its own. What does not fit the queue is dropped and
/// counted; nobody waits for the collector.
class TraceExport {
public:
    struct Options {
        std::string url;            // http://HOST[:PORT][/PATH]; the path is /v1/traces unless it is given
        double sample_percent = 1;  // of the requests that neither failed nor were slow; the others all go
        std::string version;        // of the program
        std::size_t queue_max = 4096;
        std::size_t batch_max = 512;
        std::chrono::milliseconds every{1000};
        std::chrono::milliseconds timeout{5000};
        std::chrono::milliseconds try_again_after{1000};  // doubled at each further try
        int tries = 4;
    };
    /// Throws std::runtime_error with one line that says what to do, for an address that it cannot use.
    explicit TraceExport(Options options);
    /// Sends what is left once, briefly.
    ~TraceExport();
    TraceExport(const TraceExport&) = delete;
    TraceExport& operator=(const TraceExport&) = delete;

    /// Whether an ordinary request is among the sampled; the same for all who see its trace id.
    bool samples(std::string_view trace_id) const;
    /// From any thread, without waiting.
    void add(const FinishedRequest& request);

    struct Figures {
        std::atomic<std::uint64_t> sent_total{0};
        std::atomic<std::uint64_t> dropped_total{0};   // the queue was full, or the collector refused for too long
        std::atomic<std::uint64_t> failures_total{0};  // calls that the collector did not take
    };
    const Figures& figures() const { return figures_; }

private:
    void run();
    void send_all(std::vector<FinishedRequest>& requests);
    bool send(const std::string& body);
    bool wait_or_stop(std::chrono::milliseconds time);

    Options options_;
    std::string host_;
    std::string port_;
    std::string path_;
    std::uint64_t sample_below_ = 0;
    Figures figures_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<FinishedRequest> queue_;
    bool stopping_ = false;
    std::thread thread_;
};

/// The body of one call.
std::string otlp_json(std::span<const FinishedRequest> requests, std::string_view version);

}  // namespace marketday::http
