#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::http {

/// The shop's routes for standing in line and for checking the draw. `line` must outlive them.
std::vector<Route> line_routes(usecases::StandInLine& line);

}  // namespace marketday::http
