#include "cli/wiring_engines.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <stdexcept>

namespace marketday::cli {

using Kind = http::Sample::Kind;

void check_engines(const Config& config) {
    if (!config.text("events").empty() && config.text("database").empty())
        throw std::runtime_error(
            "events needs database: postgres://…, which keeps the outbox that is carried; a shop on a SQLite file has "
            "one "
            "process and carries its events itself");
}

std::optional<adapters::NatsEventBus::Options> nats_options(const Config& config) {
    const auto servers = config.list("events");
    if (servers.empty()) return std::nullopt;
    for (const auto& server : servers)
        if (!server.starts_with("nats://") && !server.starts_with("tls://"))
            throw std::runtime_error("events must be nats://HOST:PORT or tls://HOST:PORT, several between commas");
    adapters::NatsEventBus::Options options;
    options.connection.servers = servers;
    options.connection.tls_ca = config.text("events_server.tls_ca");
    options.connection.credentials = config.text("events_server.credentials_file");
    options.stream = config.text("events_server.stream");
    options.replicas = config.integer("events_server.replicas");
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    if (options.stream.empty() || options.stream.size() > 64 || !std::ranges::all_of(options.stream, plain))
        throw std::runtime_error("events_server.stream must be 1 to 64 letters, digits, - and _");
    return options;
}

void collect_event_bus(const adapters::NatsEventBus& bus, std::vector<http::Sample>& samples) {
    const auto add = [&samples](Kind kind, const char* name, const char* help, double value) {
        samples.push_back({kind, name, help, {}, value});
    };
    const auto& figures = bus.figures();
    const auto count = [](const std::atomic<std::uint64_t>& figure) { return static_cast<double>(figure.load()); };
    add(Kind::gauge, "marketday_events_connected", "Whether a NATS server is connected", bus.connected() ? 1 : 0);
    add(Kind::counter, "marketday_events_reconnects_total", "Connections to NATS that were made again",
        static_cast<double>(bus.reconnects()));
    add(Kind::counter, "marketday_events_published_total", "Messages that the stream took", count(figures.published));
    add(Kind::counter, "marketday_events_delivered_total", "Messages that the stream gave to consumers here",
        count(figures.delivered));
    add(Kind::counter, "marketday_events_set_aside_total", "Messages set aside in the database after a failed delivery",
        count(figures.set_aside));
    add(Kind::counter, "marketday_events_oversized_total", "Messages larger than NATS takes, carried by the database",
        count(figures.oversized));
    add(Kind::counter, "marketday_events_failures_total", "Requests that NATS did not answer or refused",
        count(figures.failures));
    add(Kind::counter, "marketday_events_streams_begun_total",
        "Streams that were not there, begun with everything that the outbox keeps", count(figures.begun_anew));
}

}  // namespace marketday::cli
