#pragma once

#include <chrono>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>

#include "usecases/import.hpp"

namespace marketday::cli {

/// What an import has done so far: counts, the refused records (kept in a file or shown, not in memory), and a bar with
/// rate and time left on a terminal.
class ImportProgress {
public:
    struct Options {
        std::string errors_file;  // JSON Lines {"line","sku","reason"}; empty: the first few on stderr
        bool quiet = false;       // no bar even on a terminal
    };
    /// Throws CommandError when the file cannot be written.
    explicit ImportProgress(Options options);

    void add(usecases::ImportReport report);
    /// What is wrong with the file as a whole: counted as refused, and always shown.
    void add_broken_end(const usecases::ImportReport::Refusal& refusal);
    void show(std::uint64_t bytes_read, std::optional<std::uint64_t> bytes_total);
    /// Ends the bar and says how it went: a line for people, or one JSON object. Gives the exit code: 0 all, 1 some
    /// refused, 2 none.
    int finish(bool json);

    std::int64_t imported() const { return total_.imported(); }
    std::int64_t refused() const { return refused_; }

private:
    void refuse(const usecases::ImportReport::Refusal& refusal);
    void print_refusal(const usecases::ImportReport::Refusal& refusal);
    void clear_bar();
    void print_summary(double elapsed_s) const;
    double elapsed_s() const;

    using SteadyClock = std::chrono::steady_clock;
    Options options_;
    std::ofstream errors_;
    bool terminal_ = false;
    bool bar_shown_ = false;
    SteadyClock::time_point started_ = SteadyClock::now();
    SteadyClock::time_point shown_{};
    usecases::ImportReport total_;  // without the refused records
    std::int64_t refused_ = 0;
};

}  // namespace marketday::cli
