#pragma once

#include <vector>

#include "http/assets.hpp"
#include "http/message.hpp"

namespace marketday::http::pages {

/// GET / on the operators' address: the frame that the console's script fills. What stands after '#' in its address is
/// the script's.
std::vector<Route> console_routes(const Assets& assets);

}  // namespace marketday::http::pages
