#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "cli/fleet_settings.hpp"
#include "fleet/fleet.hpp"
#include "fleet/keeper.hpp"

namespace marketday::cli {

void check_fleet_setting(std::string_view key, std::string_view value) { Config{}.set(key, value, "topology"); }

namespace {

namespace fs = std::filesystem;

struct FleetFlags {
    std::string topology;  // a file, or the name of a fleet that is up
    std::string directory;
    std::vector<std::string> words;
    fleet::LogView logs;
    bool rehearsal = false;
    bool remove = false;
    bool json = false;
};

volatile std::sig_atomic_t interrupted = 0;
void interrupt(int) { interrupted = 1; }

void print(const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
}

fleet::Fleet fleet_of(const FleetFlags& flags) {
    if (!flags.directory.empty()) return fleet::Fleet{flags.directory};
    if (fs::is_regular_file(flags.topology))
        return fleet::Fleet{
            fleet::Fleet::usual_directory(fleet::read_topology(flags.topology, check_fleet_setting).name)};
    const fs::path usual = fleet::Fleet::usual_directory(flags.topology);
    if (flags.topology.find('/') != std::string::npos || !fs::exists(usual))
        throw CommandError{fmt::format("{} is neither a topology file nor the name of a fleet in {}", flags.topology,
                                       usual.parent_path().string())};
    return fleet::Fleet{usual};
}

/// The file, and of what was asked for before whatever still fits.
fleet::Wanted wanted_of(const FleetFlags& flags, const fleet::Fleet& fleet) {
    fleet::Wanted wanted;
    wanted.file = flags.topology;
    wanted.topology = fleet::read_topology_text(flags.topology);
    fleet::parse_topology(wanted.topology, wanted.file, check_fleet_setting);
    wanted.wishes.generations = fleet.wanted().wishes.generations;
    wanted.wishes.program_mark = fleet::program_mark();
    if (flags.rehearsal) wanted.wishes.settings.push_back({"rehearsal", "true"});
    return wanted;
}

int plan_fleet(const FleetFlags& flags) {
    const fleet::Fleet fleet = fleet_of(flags);
    const auto lines = fleet.plan(wanted_of(flags, fleet));
    for (const std::string& line : lines) print(line);
    if (lines.empty()) print("nothing to do: everything is as the topology says");
    return 0;
}

int up_fleet(const FleetFlags& flags) {
    const fleet::Fleet fleet = fleet_of(flags);
    fleet.up(wanted_of(flags, fleet), print);
    fmt::print("\n{}", fleet.status_text());
    return 0;
}

int scale_fleet(const FleetFlags& flags) {
    std::map<std::string, int> counts;
    for (const std::string& word : flags.words) {
        const auto equals = word.find('=');
        int count = -1;
        const char* const begin = word.data() + std::min(equals, word.size() - 1) + 1;
        const auto [end, error] = std::from_chars(begin, word.data() + word.size(), count);
        if (equals == std::string::npos || error != std::errc{} || end != word.data() + word.size())
            throw CommandError{fmt::format("scale takes KIND=NUMBER, such as web=3, not \"{}\"", word)};
        counts[word.substr(0, equals)] = count;
    }
    const fleet::Fleet fleet = fleet_of(flags);
    fleet.scale(counts, print);
    fmt::print("\n{}", fleet.status_text());
    return 0;
}

int restart_fleet(const FleetFlags& flags) {
    const fleet::Fleet fleet = fleet_of(flags);
    for (const std::string& group : flags.words) fleet.restart(group, print);
    return 0;
}

int show_fleet_logs(FleetFlags& flags) {
    if (!flags.words.empty()) flags.logs.part = flags.words.front();
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    fleet::show_logs(fleet_of(flags).directory(), flags.logs, print, [] { return interrupted != 0; });
    return 0;
}

int show_fleet_status(const FleetFlags& flags) {
    const fleet::Fleet fleet = fleet_of(flags);
    fmt::print("{}{}", flags.json ? fleet.status_json() : fleet.status_text(), flags.json ? "\n" : "");
    return 0;
}

int fleet_down(const FleetFlags& flags) {
    fleet_of(flags).down(flags.remove, print);
    return 0;
}

}  // namespace

void add_fleet(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<FleetFlags>();
    auto* fleet = app.add_subcommand("fleet", "Start, watch, change and end a whole topology on this machine");
    fleet->require_subcommand(1);
    const auto add = [&](const char* name, const char* meaning, int (*work)(FleetFlags&)) {
        auto* command = fleet->add_subcommand(name, meaning);
        command->add_option("TOPOLOGY", flags->topology, "A topology file, or the name of a fleet that is up")
            ->required();
        command->add_option("--directory", flags->directory,
                            "Where its data, logs and state are (default /var/lib/marketday-fleet/NAME)");
        command->callback([flags, &exit_code, work] { exit_code = run_command([&] { return work(*flags); }); });
        return command;
    };
    auto* plan = add("plan", "Show what up would change", [](FleetFlags& given) { return plan_fleet(given); });
    plan->add_flag("--rehearsal", flags->rehearsal, "Of up --rehearsal");
    auto* up = add("up", "Make it so: start what is missing, change what differs",
                   [](FleetFlags& given) { return up_fleet(given); });
    up->add_flag("--rehearsal", flags->rehearsal, "Allow sessions to be made in bulk; never in a real shop");
    auto* status = add("status", "What runs, how it is, and what it does",
                       [](FleetFlags& given) { return show_fleet_status(given); });
    status->add_flag("--json", flags->json, "One JSON object instead of the table");
    auto* logs = add("logs", "The logs of all parts as one", [](FleetFlags& given) { return show_fleet_logs(given); });
    logs->add_option("PART", flags->words, "Of this part alone, such as web-1 or haproxy")->expected(0, 1);
    logs->add_option("--lines", flags->logs.lines, "How many of the last lines")->capture_default_str();
    logs->add_flag("--follow", flags->logs.follow, "And what is written from now on, until Ctrl-C");
    auto* scale = add("scale", "Another number of processes of one kind: web=3",
                      [](FleetFlags& given) { return scale_fleet(given); });
    scale->add_option("KIND=NUMBER", flags->words, "Such as web=3")->required();
    auto* restart = add("restart", "All processes of one kind, one after another, each drained first",
                        [](FleetFlags& given) { return restart_fleet(given); });
    restart->add_option("KIND", flags->words, "Such as web")->required();
    auto* down = add("down", "End all of it; data and logs stay", [](FleetFlags& given) { return fleet_down(given); });
    down->add_flag("--delete", flags->remove, "Data and logs too");
    auto* keep = fleet->add_subcommand("keep", "")->group("");
    keep->add_option("DIRECTORY", flags->directory)->required();
    keep->callback(
        [flags, &exit_code] { exit_code = run_command([&flags] { return fleet::Keeper{flags->directory}.run(); }); });
}

}  // namespace marketday::cli
