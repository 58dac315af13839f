#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `product images PATH…`: pictures from files named after their products.
void add_images_command(CLI::App& group, int& exit_code);

}  // namespace marketday::cli
