#pragma once

#include <optional>
#include <vector>

#include "adapters/distributed/nats_event_bus.hpp"
#include "cli/config.hpp"
#include "http/metrics.hpp"

namespace marketday::cli {

// Engines beside the database: what their settings say, and their figures. Each throws std::runtime_error with one line
// that names the key and says what it takes.

/// Whether engines are named that need another beside them.
void check_engines(const Config& config);
/// Nothing when the setting `events` is empty.
std::optional<adapters::NatsEventBus::Options> nats_options(const Config& config);
void collect_event_bus(const adapters::NatsEventBus& bus, std::vector<http::Sample>& samples);

}  // namespace marketday::cli
