#pragma once

#include <vector>

#include "http/message.hpp"
#include "usecases/accounts_rehearsal.hpp"
#include "usecases/operators.hpp"

namespace marketday::http {

/// The operators' routes for logging in and for each other. What they refer to must outlive them.
std::vector<Route> operators_routes(usecases::Operators& operators);

/// Those of the second factor; in the above.
std::vector<Route> operators_totp_routes(usecases::Operators& operators);

/// How every route says that it was refused.
Response operators_refusal(const usecases::Operators::Refused& refused);

/// POST /admin/v1/rehearsal/sessions; only for a server that was started for rehearsals.
std::vector<Route> rehearsal_routes(usecases::Rehearsal& rehearsal, usecases::Operators& operators);

}  // namespace marketday::http
