#include "drills/rehearse.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <cstdio>
#include <memory>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/fleet_settings.hpp"
#include "drills/interrupt.hpp"
#include "drills/topology_rehearsal.hpp"

namespace marketday::cli {
namespace {

struct RehearseFlags {
    drills::RehearsalOptions options;
    std::string arrive = "10s";
    std::string report_dir;
    bool json = false;
    bool no_line = false;
    drills::TopologyRehearsalOptions topology;
};

/// "10s", "500ms", "2m", or a plain number of seconds.
std::chrono::milliseconds parse_duration(const std::string& text) {
    std::size_t end = 0;
    double number = -1;
    try {
        number = std::stod(text, &end);
    } catch (const std::exception&) {
        number = -1;
    }
    const std::string unit = text.substr(end);
    const double factor = unit == "ms" ? 1 : unit == "s" || unit.empty() ? 1000 : unit == "m" ? 60'000 : -1;
    if (number < 0 || factor < 0 || number * factor > 86'400'000.0)
        throw CommandError{fmt::format("--arrive takes a time such as 10s or 500ms, not \"{}\"", text)};
    return std::chrono::milliseconds{static_cast<std::int64_t>(number * factor)};
}

void print_result(const drills::Rehearsal& result, bool json) {
    if (json) {
        fmt::print("{}\n", result.to_json());
        return;
    }
    if (!result.audit.holds()) fmt::print("\n{}", result.audit.to_text());
    for (const std::string& failure : result.failures) fmt::print("not passed: {}\n", failure);
    if (!result.directory.empty()) fmt::print("kept in {}\n", result.directory.string());
    // The last line is what people read: a sale that went wrong must not read like one that went well.
    fmt::print("{}{}\n", result.passed() ? "" : "FAILED: ", result.verdict());
}

int rehearse(RehearseFlags& flags) {
    flags.options.arrive = parse_duration(flags.arrive);
    flags.options.line = !flags.no_line;
    flags.options.display = !flags.json;
    flags.options.report_dir = flags.report_dir;
    const bool json = flags.json;
    const auto say = [json](const std::string& line) {
        if (!json) fmt::print(stderr, "{}\n", line);
    };
    try {
        flags.topology.check_setting = check_fleet_setting;
        const auto result = flags.topology.topology.empty()
                                ? drills::rehearse(flags.options, say)
                                : drills::rehearse_topology(flags.options, flags.topology, say);
        print_result(result, flags.json);
        return result.passed() ? 0 : 1;
    } catch (const drills::Interrupted& interrupted) {
        fmt::print(stderr, "marketday: {}\n", interrupted.what());
        return 130;
    }
}

}  // namespace

void add_rehearse(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<RehearseFlags>();
    auto* command =
        app.add_subcommand("rehearse", "Hold a whole sale in a throwaway shop, and prove that it went well");
    auto& options = flags->options;
    command->add_option("--shoppers", options.shoppers, "How many come")
        ->check(CLI::Range(1U, 1'000'000U))
        ->capture_default_str();
    command->add_option("--arrive", flags->arrive, "Within which time they come: 10s, 500ms")->capture_default_str();
    command->add_option("--units", options.units, "How many units there are")
        ->check(CLI::Range(1, 10'000'000))
        ->capture_default_str();
    auto* kill = command->add_flag("--kill", options.kill, "Kill the server (kill -9) half-way and start it again");
    auto* topology =
        command
            ->add_option("--topology", flags->topology.topology,
                         "In a shop of its own on this topology, such as topologies/2-tiers.yaml (needs root)")
            ->excludes(kill);
    std::vector<std::string> faults;
    std::string meanings;
    for (const auto& fault : drills::topology_faults()) {
        faults.emplace_back(fault.name);
        meanings += fmt::format("\n  {:<17} {}", fault.name, fault.meaning);
    }
    command->add_option("--fault", flags->topology.fault, "What is broken in the middle of it, with --topology")
        ->check(CLI::IsMember(faults))
        ->needs(topology);
    command
        ->add_option("--silent-payments", options.silent_payments_percent, "Percent of payments the bank never answers")
        ->check(CLI::Range(0U, 100U));
    command->add_flag("--no-line", flags->no_line, "Everybody may order at once, without a line");
    command->add_option("--seed", options.seed, "The crowd's random numbers")->capture_default_str();
    command->add_option("--report", flags->report_dir, "Keep the crowd's report in this directory");
    command->add_flag("--json", flags->json, "One JSON object instead of words");
    command->add_flag("--keep", options.keep, "Leave the shop's temporary directory, to look into");
    command->footer("Faults:" + meanings +
                    "\n\nExit code: 0 all of it holds, 1 something does not, 2 it could not be carried out.");
    command->callback([flags, command, &exit_code] {
        if (!flags->topology.topology.empty()) {
            // A sale that lasts long enough for something to break in its middle.
            if (command->count("--shoppers") == 0) flags->options.shoppers = 5000;
            if (command->count("--units") == 0) flags->options.units = flags->options.shoppers / 2;
        }
        exit_code = run_command([&flags] { return rehearse(*flags); });
    });
}

}  // namespace marketday::cli
