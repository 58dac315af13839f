#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "http/message.hpp"
#include "ports/operators_log.hpp"
#include "usecases/operators.hpp"

namespace marketday::http {

/// Authorization: Bearer, else the cookie `md_operator`; empty when neither.
std::string_view operator_token(const Request& request);

/// For ServerOptions::refuse_operator: who is not logged in, or sent by cookie what another page may have made up
/// (X-CSRF-Token). Without I/O, on the operators' executor.
std::optional<Response> refuse_operator(usecases::Operators& operators, const Request& request);

/// Puts every route that changes something behind a check of the role (403 role-needed for viewers) and into the
/// operators' log: an entry is written before the handler runs, else 503 and nothing is done; its ending after it. What
/// it refers to must outlive the routes.
std::vector<Route> guarded(std::vector<Route> routes, usecases::Operators& operators, ports::OperatorsLog& log,
                           const Clock& clock);

/// GET /admin/v1/operators-log.
std::vector<Route> operators_log_routes(ports::OperatorsLog& log);

}  // namespace marketday::http
