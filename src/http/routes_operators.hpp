#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/accounts_rehearsal.hpp"
#include "usecases/operators.hpp"

namespace marketday::http {

/// The operators' routes for logging in and for each other. What they refer to must outlive them.
std::vector<Route> operators_routes(usecases::Operators& operators);

/// For ServerOptions::is_operator: anybody who is logged in may look; viewers may change nothing but their own session
/// and password. Without I/O, on the operators' executor.
bool is_allowed_operator(usecases::Operators& operators, const Request& request);

/// POST /admin/v1/rehearsal/sessions; only for a server that was started for rehearsals.
std::vector<Route> rehearsal_routes(usecases::Rehearsal& rehearsal, usecases::Operators& operators);

}  // namespace marketday::http
