#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `order list | show | ship | refund | export`.
void add_order_commands(CLI::App& app, int& exit_code);

}  // namespace marketday::cli
