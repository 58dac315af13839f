#pragma once

#include <string_view>

#include "cli/config.hpp"

namespace marketday::cli {

/// Whether the shop has this setting and it may have this value; throws std::runtime_error that says what is wrong.
void check_fleet_setting(std::string_view key, std::string_view value);

}  // namespace marketday::cli
