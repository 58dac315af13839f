#include "cli/usage_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/text.hpp"

namespace marketday::cli {
namespace {

/// The subcommand that was being read.
const CLI::App& deepest(const CLI::App& app) {
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : deepest(*chosen.front());
}

std::string path_of(const CLI::App& command) {
    const auto* parent = command.get_parent();
    return parent == nullptr ? "marketday" : path_of(*parent) + " " + command.get_name();
}

/// What stands behind "not expected: ", the first word of it.
std::string_view unexpected_word(std::string_view what) {
    const auto colon = what.rfind(": ");
    if (what.find("not expected") == std::string_view::npos || colon == std::string_view::npos) return {};
    const auto word = what.substr(colon + 2);
    return word.substr(0, word.find(' '));
}

}  // namespace

std::string usage_error(const CLI::App& app, std::string_view what) {
    const CLI::App& command = deepest(app);
    const std::string help = fmt::format("see `{} --help`", path_of(command));
    auto word = unexpected_word(what);
    const auto left_over = command.remaining(true);
    const bool needs_command = what.find("subcommand is required") != std::string_view::npos;
    if (needs_command && !left_over.empty()) word = left_over.front();
    if (word.size() > 1 && word[0] == '-' && word[1] >= '0' && word[1] <= '9')
        return fmt::format("{} cannot be negative: give a number above 0; {}", word, help);
    std::vector<std::string_view> names;
    std::vector<std::string> kept;
    for (const CLI::App* sub : command.get_subcommands([](const CLI::App*) { return true; }))
        kept.push_back(sub->get_name());
    for (const auto& name : kept) names.push_back(name);
    if (!word.empty() && word[0] != '-' && !names.empty()) {
        const auto near = nearest(word, names);
        return fmt::format("\"{}\" is no command of `{}`{}; {}", word, path_of(command),
                           near.empty() ? std::string{} : fmt::format(", did you mean \"{}\"?", near), help);
    }
    if (needs_command && !names.empty()) return fmt::format("give a command: {}; {}", fmt::join(names, ", "), help);
    std::string line{what};
    for (char& c : line) {
        if (c == '\n') c = ' ';
    }
    return fmt::format("{}; {}", line, help);
}

}  // namespace marketday::cli
