#pragma once

#include <vector>

#include "http/message.hpp"
#include "ports/event_bus.hpp"

namespace marketday::http {

/// Operators: events on their way to their consumers, and those that a consumer could not take.
std::vector<Route> events_routes(ports::EventBus& bus);

}  // namespace marketday::http
