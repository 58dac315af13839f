#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `product list|show|set`, over the admin API.
void add_product_commands(CLI::App& app, int& exit_code);
/// `stock add|withdraw`, over the admin API.
void add_stock_commands(CLI::App& app, int& exit_code);

}  // namespace marketday::cli
