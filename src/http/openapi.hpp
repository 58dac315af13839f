#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// The OpenAPI 3.1 document of `routes`, as JSON. Paths, parameters, access and statuses come from the table; the
/// shapes of bodies from `openapi_schemas`.
std::string openapi_document(std::span<const Route> routes, std::string_view version);

/// components.schemas as a JSON object: every name that a route's request_schema or response_schema may say.
std::string_view openapi_schemas();

/// The parameters that routes may list, by name, as a JSON object of Parameter Objects without their names.
std::string_view openapi_parameters();

/// GET /openapi.json over `routes`, and over itself. Append it last.
Route openapi_route(std::span<const Route> routes, std::string_view version);

}  // namespace marketday::http
