#include "drills/drill.hpp"

#include <fmt/format.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <cstdio>
#include <memory>

#include "cli/admin_client.hpp"
#include "cli/commands.hpp"
#include "drills/interrupt.hpp"

namespace marketday::cli {
namespace {

struct DrillFlags {
    drills::DrillOptions options;
    std::string name;
    std::uint32_t seconds = 0;
    double minutes = 0;
    std::string report_dir;
    std::string program;
    bool json = false;
};

std::string names_of_drills() {
    std::string names;
    for (const auto& drill : drills::all_drills()) names += fmt::format("{}{}", names.empty() ? "" : ", ", drill.name);
    return names;
}

/// The command that does the same again.
std::string again(const DrillFlags& flags) {
    std::string command = fmt::format("marketday drill {} --seed {}", flags.name, flags.options.seed);
    if (flags.options.count > 0) command += fmt::format(" --count {}", flags.options.count);
    if (flags.options.shoppers > 0) command += fmt::format(" --shoppers {}", flags.options.shoppers);
    if (flags.options.lasts.count() > 0) command += fmt::format(" --seconds {}", flags.options.lasts.count());
    return command;
}

int run_drill(DrillFlags& flags) {
    const auto* drill = drills::find_drill(flags.name);
    if (drill == nullptr)
        throw CommandError{fmt::format("there is no drill \"{}\"; there are {}", flags.name, names_of_drills())};
    if (flags.seconds > 0) flags.options.lasts = std::chrono::seconds{flags.seconds};
    if (flags.minutes > 0) flags.options.lasts = std::chrono::seconds{static_cast<std::int64_t>(flags.minutes * 60)};
    flags.options.report_dir = flags.report_dir;
    if (!flags.program.empty()) flags.options.program = flags.program;
    const auto say = [](const std::string& line) { fmt::print(stderr, "{}\n", line); };
    say(fmt::format("{}: {} (again: {})", drill->name, drill->does, again(flags)));
    try {
        const auto result = drill->run(flags.options, say);
        if (flags.json) {
            fmt::print("{}\n", result.to_json());
        } else {
            for (const auto& [name, value] : result.figures) fmt::print("{:<32} {}\n", name, value);
            for (const std::string& failure : result.failures) fmt::print("not passed: {}\n", failure);
            fmt::print("{}: {}\n", flags.name, result.passed() ? "passed" : "FAILED");
        }
        if (!result.directory.empty()) say(fmt::format("kept in {}", result.directory.string()));
        if (!result.passed()) say(fmt::format("again: {}", again(flags)));
        return result.passed() ? 0 : 1;
    } catch (const drills::Interrupted& interrupted) {
        fmt::print(stderr, "marketday: {}\n", interrupted.what());
        return 130;
    }
}

}  // namespace

void add_drill(CLI::App& app, int& exit_code) {
    auto flags = std::make_shared<DrillFlags>();
    auto* command =
        app.add_subcommand("drill", "Make one kind of trouble on purpose, and prove that the shop bears it");
    command->add_option("NAME", flags->name, "Which: " + names_of_drills())->required();
    command->add_option("--seed", flags->options.seed, "The same seed chooses the same moments")->capture_default_str();
    command->add_option("--count", flags->options.count, "How many times it strikes; without: the drill's full size")
        ->check(CLI::Range(1U, 100'000U));
    command->add_option("--shoppers", flags->options.shoppers, "Of each crowd; without: the drill's own number")
        ->check(CLI::Range(1U, 100'000U));
    auto* seconds = command->add_option("--seconds", flags->seconds, "How long it lasts, for drills that last");
    command->add_option("--minutes", flags->minutes, "The same in minutes")
        ->excludes(seconds)
        ->check(CLI::PositiveNumber);
    command->add_option("--report", flags->report_dir, "Write the plots into this directory");
    command->add_option("--program", flags->program, "The shop runs this build of the program instead of this one")
        ->check(CLI::ExistingFile);
    command->add_flag("--json", flags->json, "One JSON object instead of words");
    command->add_flag("--keep", flags->options.keep, "Leave the drill's temporary directory, to look into");
    std::string all;
    for (const auto& drill : drills::all_drills()) all += fmt::format("  {:<12} {}\n", drill.name, drill.does);
    command->footer("Drills:\n" + all +
                    "Exit code: 0 all of it holds, 1 something does not, 2 it could not be carried out.");
    command->callback([flags, &exit_code] { exit_code = run_command([&flags] { return run_drill(*flags); }); });
}

}  // namespace marketday::cli
