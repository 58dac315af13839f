#include <sys/stat.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <csignal>
#include <cstdio>
#include <exception>

#include "cli/commands.hpp"
#include "cli/usage_error.hpp"

int main(int argc, char** argv) {
    using namespace marketday;
    // A client that went away is an error code where it is written to, not the end of the program.
    std::signal(SIGPIPE, SIG_IGN);
    // What is kept holds addresses and password hashes: for this user alone.
    ::umask(0077);
    CLI::App app{"Marketday: an online store server that survives its own sale", "marketday"};
    app.require_subcommand(1);
    int exit_code = 0;
    cli::add_serve(app, exit_code);
    cli::add_rehearse(app, exit_code);
    cli::add_drill(app, exit_code);
    cli::add_import(app, exit_code);
    cli::add_operate(app, exit_code);
    cli::add_crowd(app, exit_code);
    cli::add_audit(app, exit_code);
    cli::add_backup(app, exit_code);
    cli::add_cache(app, exit_code);
    cli::add_migrate(app, exit_code);
    cli::add_fleet(app, exit_code);
    cli::add_version(app, exit_code);
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& success) {
        return app.exit(success);  // --help
    } catch (const CLI::ParseError& error) {
        std::fprintf(stderr, "marketday: %s\n", cli::usage_error(app, error.what()).c_str());
        return 2;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "marketday: %s\n", error.what());
        return 2;
    }
    return exit_code;
}
