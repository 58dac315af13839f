#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/capacity.hpp"

namespace marketday::http {

/// Operators: what a sale would meet, on this machine.
std::vector<Route> forecast_routes(usecases::Capacity& capacity);

}  // namespace marketday::http
