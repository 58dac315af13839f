#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// One stable problem type: what `/problems/<type>` means. A client may switch on it.
struct ProblemType {
    std::string_view type;
    int status;  // the usual one
    std::string_view meaning;
};

/// All of them, by name. A test holds the sources against it.
std::span<const ProblemType> problem_types();

/// GET /problems and GET /problems/{type}: what a problem's type means.
std::vector<Route> problem_routes();

}  // namespace marketday::http
