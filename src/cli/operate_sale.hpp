#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `sale create|list|show|open|pause|close`, over the admin API. Gives the `sale` command for others to add to.
CLI::App* add_sale_commands(CLI::App& app, int& exit_code);

}  // namespace marketday::cli
