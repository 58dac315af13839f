#pragma once

#include <string>
#include <vector>

#include "http/message.hpp"

namespace marketday::http {

/// One setting as it holds for this process. Secrets come masked.
struct Setting {
    std::string key;
    std::string value;
    std::string initial;  // what it would be if nobody had set it
    std::string source;   // "default", "flag --listen", "shop.yaml:12", an environment variable
    std::string help;     // what it means, with its unit
};

/// GET /admin/v1/configuration.
std::vector<Route> configuration_routes(std::vector<Setting> settings);

}  // namespace marketday::http
