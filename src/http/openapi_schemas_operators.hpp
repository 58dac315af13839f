#pragma once

#include <string_view>

namespace marketday::http {

/// What openapi_schemas() and openapi_parameters() give of the operators' work: members of one JSON object, without its
/// braces. A parameter may have another name than its key here.
std::string_view openapi_operator_schemas();
std::string_view openapi_operator_parameters();

}  // namespace marketday::http
