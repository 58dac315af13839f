// How the running program is watched: its history, its traces and logs, and whether it can sell.

#include <sys/statvfs.h>

#include "base/log_output.hpp"
#include "cli/wiring_parts.hpp"

namespace marketday::cli {
namespace {

// Below this nothing can be sold any more.
constexpr std::uint64_t kDiskFreeBytesMin = 1 << 20;

}  // namespace

http::TraceStore::Options trace_options(const Config& config) {
    return {.slow = milliseconds{config.integer("trace.slow_ms")}};
}

std::unique_ptr<http::TraceExport> trace_export_of(const Config& config) {
    if (config.text("trace.otlp_url").empty()) return nullptr;
    http::TraceExport::Options options;
    options.url = config.text("trace.otlp_url");
    options.sample_percent = static_cast<double>(config.integer("trace.sample_percent"));
    options.version = MARKETDAY_VERSION;
    return std::make_unique<http::TraceExport>(std::move(options));
}

void Shop::Parts::add_readiness_checks() {
    readiness.add([this]() -> std::string_view { return disk_is_full ? "disk-full" : std::string_view{}; });
    // A new process among others is sent shoppers when it finds what they look for.
    if (shared_store(config) && roles.contains("web"))
        readiness.add(
            [this]() -> std::string_view { return search_is_level ? std::string_view{} : "search-catching-up"; });
    readiness.add([this]() -> std::string_view { return stores->failing() ? "store-failing" : std::string_view{}; });
}

Task<void> Shop::Parts::watch_store() {
    while (true) {
        struct statvfs status{};
        if (::statvfs(data.c_str(), &status) == 0) {
            disk_free_bytes = static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
            disk_is_full = disk_free_bytes < kDiskFreeBytesMin;
        }
        if (stores->failing()) {
            // Whoever sends shoppers elsewhere while this is not ready must hear when it works again, even if nobody
            // comes who would try.
            co_await stores->try_writing();
        }
        co_await sleep_for(seconds{1});
    }
}

void Shop::Parts::collect_watch(std::vector<http::Sample>& samples) const {
    using Kind = http::Sample::Kind;
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value,
                                std::vector<std::pair<std::string, std::string>> labels = {}) {
        samples.push_back({kind, name, help, std::move(labels), value});
    };
    add(Kind::gauge, "marketday_store_failing", "1 while the database cannot be written", stores->failing() ? 1 : 0);
    add(Kind::gauge, "marketday_disk_free_bytes", "Room on the data directory's disk",
        static_cast<double>(disk_free_bytes));
    for (const auto& [listener, server] :
         {std::pair{"shop", shop_server.get()}, std::pair{"operators", operator_server.get()}}) {
        const auto& figures = server->figures();
        add(Kind::counter, "marketday_http_bytes_total", "Bytes of requests and answers",
            static_cast<double>(figures.received_bytes_total), {{"listener", listener}, {"direction", "receive"}});
        add(Kind::counter, "marketday_http_bytes_total", "Bytes of requests and answers",
            static_cast<double>(figures.sent_bytes_total), {{"listener", listener}, {"direction", "transmit"}});
    }
    live_board.collect(samples);
    const auto& operators_figures = operator_server->figures();
    add(Kind::gauge, "marketday_board_watchers", "Open streams of the board",
        static_cast<double>(operators_figures.open_streams));
    add(Kind::counter, "marketday_board_watchers_dropped_total", "Streams ended because their reader was too slow",
        static_cast<double>(operators_figures.streams_dropped_total));
    add(Kind::counter, "marketday_traces_kept_total", "Slow and failed requests kept for the console",
        static_cast<double>(traces.kept_total()));
    add(Kind::counter, "marketday_traces_skipped_total", "Slow and failed requests beyond what is kept a second",
        static_cast<double>(traces.skipped_total()));
    for (const auto level : {log::Level::warn, log::Level::error})
        add(Kind::counter, "marketday_log_events_total", "Log events", static_cast<double>(logs.total(level)),
            {{"level", std::string{to_string(level)}}});
    add(Kind::counter, "marketday_log_lines_lost_total", "Log lines that nobody took in time",
        static_cast<double>(log::lines_lost_total()));
    if (trace_export == nullptr) return;
    const auto& exported = trace_export->figures();
    add(Kind::counter, "marketday_trace_export_requests_total", "Requests sent to the collector",
        static_cast<double>(exported.sent_total));
    add(Kind::counter, "marketday_trace_export_dropped_total", "Requests not sent: no room, or the collector refused",
        static_cast<double>(exported.dropped_total));
    add(Kind::counter, "marketday_trace_export_failures_total", "Calls that the collector did not take",
        static_cast<double>(exported.failures_total));
}

}  // namespace marketday::cli
