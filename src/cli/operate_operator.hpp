#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `operator add NAME --role ROLE [--password-file FILE]` and `operator list`, over the admin API.
void add_operator_commands(CLI::App& app, int& exit_code);

}  // namespace marketday::cli
