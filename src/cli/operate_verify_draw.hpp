#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// `sale verify-draw SALE --url http://shop | --file FILE`: checks a draw from public data only. Anybody can run it; it
/// needs no account. Exit codes: 0 the draw holds, 1 it does not, 2 nothing could be checked.
void add_verify_draw(CLI::App& sale, int& exit_code);

}  // namespace marketday::cli
