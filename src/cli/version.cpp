#include <CLI/App.hpp>
#include <cstdio>

#include "cli/commands.hpp"

namespace marketday::cli {

void add_version(CLI::App& app, int&) {
    app.add_subcommand("version", "Print the program's version")->callback([] {
        std::printf("marketday %s\n", MARKETDAY_VERSION);
    });
}

}  // namespace marketday::cli
