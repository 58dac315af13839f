#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

#include "base/log.hpp"
#include "base/memory_reserve.hpp"
#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/wiring.hpp"

extern char** environ;

namespace marketday::cli {
namespace {

struct ServeArguments {
    std::string config_file;
    std::string data, database, listen, admin, tls_cert, tls_key, roles, log_level;
    std::vector<std::string> settings;  // key=value
    bool rehearsal = false;
    bool print_config = false;
};

Config gather(const ServeArguments& arguments) {
    Config config;
    if (!arguments.config_file.empty()) config.read_file(arguments.config_file);
    config.read_environment(environ);
    const std::pair<const char*, const std::string*> flags[] = {
        {"data", &arguments.data},   {"database", &arguments.database},  {"listen", &arguments.listen},
        {"admin", &arguments.admin}, {"tls_cert", &arguments.tls_cert},  {"tls_key", &arguments.tls_key},
        {"roles", &arguments.roles}, {"log_level", &arguments.log_level}};
    for (const auto& [name, value] : flags) {
        std::string flag = std::string{"flag --"} + name;
        std::ranges::replace(flag, '_', '-');
        if (!value->empty()) config.set(name, *value, flag);
    }
    if (arguments.rehearsal) config.set("rehearsal", "true", "flag --rehearsal");
    for (const auto& setting : arguments.settings) {
        const auto equals = setting.find('=');
        if (equals == std::string::npos) throw std::runtime_error("--set takes key=value, not \"" + setting + "\"");
        config.set(setting.substr(0, equals), setting.substr(equals + 1), "flag --set");
    }
    return config;
}

log::Level level_of(const std::string& name) {
    if (name == "debug") return log::Level::debug;
    if (name == "info") return log::Level::info;
    if (name == "warn") return log::Level::warn;
    if (name == "error") return log::Level::error;
    throw std::runtime_error("log_level must be debug, info, warn or error, not \"" + name + "\"");
}

int serve(const ServeArguments& arguments) {
    const Config config = gather(arguments);
    if (arguments.print_config) {
        std::fputs(config.print().c_str(), stdout);
        return 0;
    }
    log::set_level(level_of(config.text("log_level")));
    if (config.text("data").empty()) throw std::runtime_error("give --data DIR, where the shop keeps everything");
    const MemoryReserve reserve;
    Shop shop(config);
    return shop.run();
}

}  // namespace

void add_serve(CLI::App& app, int& exit_code) {
    auto arguments = std::make_shared<ServeArguments>();
    auto* command = app.add_subcommand("serve", "Serve the shop and the operators until SIGTERM");
    command->add_option("--data", arguments->data, "Directory of everything that is kept");
    command->add_option("--database", arguments->database,
                        "postgres://USER@HOST:PORT/NAME (default: a SQLite file in --data)");
    command->add_option("--listen", arguments->listen, "Where shoppers connect, ADDR:PORT (default 127.0.0.1:8080)");
    command->add_option("--admin", arguments->admin, "Where operators connect, ADDR:PORT (default 127.0.0.1:8081)");
    command->add_option("--tls-cert", arguments->tls_cert, "PEM file of the certificate chain");
    command->add_option("--tls-key", arguments->tls_key, "PEM file of the private key");
    command->add_option("--config", arguments->config_file, "YAML file of settings");
    command->add_option("--roles", arguments->roles, "web,worker,scheduler: what this process does (default all)");
    command->add_option("--log-level", arguments->log_level, "debug, info, warn or error");
    command->add_option("--set", arguments->settings, "Any other setting, key=value; may be repeated");
    command->add_flag("--rehearsal", arguments->rehearsal, "Allow sessions to be made in bulk; never in a real shop");
    command->add_flag("--print-config", arguments->print_config, "Print every setting with its source, and stop");
    command->callback([arguments, &exit_code] { exit_code = serve(*arguments); });
}

}  // namespace marketday::cli
