#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>

#include "base/log.hpp"
#include "cli/commands.hpp"
#include "cli/config.hpp"
#include "cli/import_sinks.hpp"

namespace marketday::cli {
namespace {

struct ImportOptions {
    std::string file;
    AdminTarget target;
    std::string no_price;
    std::string errors_file;
    std::string currency;
    std::string config_file;
    std::string format = "auto";
    bool quiet = false;
};

Currency shop_currency(const ImportOptions& options) {
    Config config;
    if (!options.config_file.empty()) config.read_file(options.config_file);
    config.read_environment(environ);
    if (!options.currency.empty()) config.set("shop.currency", options.currency, "flag --currency");
    const auto currency = Currency::parse(config.text("shop.currency"));
    if (!currency)
        throw CommandError{fmt::format("{} is not a currency that a shop may use, such as KRW, JPY or USD",
                                       config.text("shop.currency"))};
    return *currency;
}

/// A client of the server that serves `data` just now; nothing when none does (admin.json outlives a killed one).
std::unique_ptr<AdminClient> find_server(const ImportOptions& options) {
    if (!options.target.url.empty()) return std::make_unique<AdminClient>(options.target);
    if (!std::filesystem::exists(std::filesystem::path{options.target.data_dir} / "admin.json")) return nullptr;
    auto client = std::make_unique<AdminClient>(options.target);
    try {
        client->call("GET", "/admin/v1/products?limit=1");
        return client;
    } catch (const CommandError&) {
        return nullptr;
    }
}

int run_import(ImportOptions options) {
    log::set_level(log::Level::warn);
    if (options.target.data_dir.empty() && options.target.url.empty()) options.target.data_dir = "data";
    const Currency currency = shop_currency(options);
    usecases::NoPriceChoice no_price;
    if (!options.no_price.empty()) {
        const auto choice = usecases::parse_no_price(options.no_price, currency);
        if (!choice && options.target.url.empty())
            throw CommandError{fmt::format("--no-price must be skip, hide or an amount of {} such as {}",
                                           currency.code(), currency.minor_digits() == 0 ? "12000" : "19.90")};
        no_price = choice.value_or(usecases::NoPriceChoice{});
    }
    ImportProgress progress{{options.errors_file, options.quiet || options.target.json}};
    ImportSource source{options.file, options.format};
    if (const auto server = find_server(options))
        import_over_http(source, progress, *server, options.no_price);
    else
        import_into_directory(source, progress, {options.target.data_dir, options.file, currency, no_price});
    if (const auto& broken = source.broken_end()) progress.add_broken_end(*broken);
    return progress.finish(options.target.json);
}

}  // namespace

void add_import(CLI::App& app, int& exit_code) {
    // Shared with the callback, which CLI11 keeps as long as the app.
    auto options = std::make_shared<ImportOptions>();
    CLI::App* command = app.add_subcommand(
        "import", "Bring products in: JSON Lines or CSV, plain or gzipped. Run it again to update, or to go on");
    command->add_option("FILE", options->file, "The file; - reads standard input")->required();
    options->target.add_to(*command);
    command->add_option("--no-price", options->no_price,
                        "Products without a price in the shop's currency: skip, hide, or an amount to sell them for");
    command->add_option("--errors", options->errors_file, "Write refused lines with their reasons here, as JSON Lines");
    command->add_option("--format", options->format, "What the file is")
        ->check(CLI::IsMember({"auto", "jsonl", "csv"}))
        ->capture_default_str();
    command->add_option("--currency", options->currency,
                        "The shop's currency (with --data; default: its configuration)");
    command->add_option("--config", options->config_file, "The shop's configuration file");
    command->add_flag("--quiet", options->quiet, "No progress bar");
    command->footer("Exit codes: 0 all imported, 1 some refused, 2 none imported.");
    command->callback([options, &exit_code] { exit_code = run_command([&] { return run_import(*options); }); });
}

}  // namespace marketday::cli
