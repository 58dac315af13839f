#pragma once

#include <string_view>

namespace marketday::http {

/// What openapi_schemas() and openapi_parameters() give of watching the running program: members of one JSON object,
/// without its braces.
std::string_view openapi_watch_schemas();
std::string_view openapi_watch_parameters();

}  // namespace marketday::http
