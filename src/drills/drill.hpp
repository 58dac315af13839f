#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace marketday::drills {

/// How one drill is to be run. Zeros take the drill's own full size.
struct DrillOptions {
    std::uint64_t seed = 1;
    std::uint32_t count = 0;                           // how many times the fault strikes
    std::uint32_t shoppers = 0;                        // of each crowd
    std::chrono::seconds lasts{0};                     // of drills that last instead of striking
    std::filesystem::path program = "/proc/self/exe";  // the shop's: this very one, or another build of it
    bool keep = false;                                 // leave the temporary directory
    std::filesystem::path report_dir;                  // plots go here; empty: nowhere
};

/// What a drill showed.
struct DrillResult {
    std::string drill;
    std::uint64_t seed = 0;
    /// What was measured, in order of interest: a name and its value as text with its unit.
    std::vector<std::pair<std::string, std::string>> figures;
    std::vector<std::string> failures;  // why it does not pass, a sentence each
    std::filesystem::path directory;    // with `keep`

    bool passed() const { return failures.empty(); }
    void figure(std::string name, std::string value) { figures.emplace_back(std::move(name), std::move(value)); }
    void fails(std::string why) { failures.push_back(std::move(why)); }
    /// One JSON object: drill, seed, passed, figures (an object), failures.
    std::string to_json() const;
};

/// A line for a person for each thing done.
using Say = std::function<void(const std::string&)>;

/// One kind of trouble that is made on purpose, with the shop that has to bear it. `run` throws std::runtime_error (or
/// Interrupted) when it could not be carried out; either way nothing is left running.
struct Drill {
    std::string_view name;
    std::string_view does;  // a line for --help
    DrillResult (*run)(const DrillOptions&, const Say&);
};

/// All drills, in the order in which they are run.
std::span<const Drill> all_drills();
/// Nothing when there is none of that name.
const Drill* find_drill(std::string_view name);

}  // namespace marketday::drills
