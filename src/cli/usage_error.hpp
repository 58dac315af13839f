#pragma once

#include <CLI/App.hpp>
#include <string>
#include <string_view>

namespace marketday::cli {

/// What was wrong with a command line, in one line that says what to do: the nearest subcommand, a number that cannot
/// be negative, and which help to read.
std::string usage_error(const CLI::App& app, std::string_view what);

}  // namespace marketday::cli
