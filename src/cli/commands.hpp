#pragma once

#include <CLI/App.hpp>

namespace marketday::cli {

/// Each subcommand adds itself to `app` and, when chosen, leaves its exit code in `exit_code`. Codes: 0 done; 1 the
/// thing asked about is not so, or some input was refused; 2 bad arguments or nothing done; 3 a contradiction.
void add_serve(CLI::App& app, int& exit_code);
void add_version(CLI::App& app, int& exit_code);
void add_crowd(CLI::App& app, int& exit_code);
void add_audit(CLI::App& app, int& exit_code);
void add_rehearse(CLI::App& app, int& exit_code);
void add_drill(CLI::App& app, int& exit_code);
void add_import(CLI::App& app, int& exit_code);
void add_operate(CLI::App& app, int& exit_code);  // sale, product, stock, order, operator
void add_backup(CLI::App& app, int& exit_code);   // backup, restore
void add_fleet(CLI::App& app, int& exit_code);    // fleet plan, up, status, logs, scale, restart, down
void add_migrate(CLI::App& app, int& exit_code);
void add_cache(CLI::App& app, int& exit_code);  // cache replay

}  // namespace marketday::cli
