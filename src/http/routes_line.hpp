#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::http {

/// The shop's routes for standing in line and for checking the draw. `line` must outlive them.
std::vector<Route> line_routes(usecases::StandInLine& line);

/// The draw on the operators' address: `line` lives on the executor `shop`, the routes on another.
std::vector<Route> admin_line_routes(usecases::StandInLine& line, Executor& shop);

}  // namespace marketday::http
