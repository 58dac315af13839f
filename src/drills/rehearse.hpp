#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "audit/report.hpp"

namespace marketday::drills {

struct RehearsalOptions {
    std::uint32_t shoppers = 2000;
    std::chrono::milliseconds arrive{10'000};
    std::int64_t units = 100;
    bool kill = false;  // kill -9 of the server half-way, and a restart
    std::uint32_t silent_payments_percent = 0;
    std::uint64_t seed = 1;
    bool line = true;
    bool keep = false;                 // leave the temporary directory
    bool display = true;               // the crowd's live block
    std::filesystem::path report_dir;  // the crowd's report; empty: within the temporary directory
};

/// Something that was broken on purpose in the middle of a rehearsal.
struct FaultSeen {
    std::string what;        // "web-1 killed (kill -9)"
    std::int64_t at_us = 0;  // Unix time, as the crowd's history
    double seconds_to_first_order =
        -1;  // from the fault to the first acknowledged order that was begun after it; -1: none
};

/// What a rehearsal showed.
struct Rehearsal {
    std::int64_t shoppers = 0;
    std::int64_t units_offered = 0;
    std::int64_t units_sold = 0;
    std::int64_t people_served = 0;
    std::int64_t orders_acknowledged = 0;
    std::int64_t orders_lost = 0;
    std::int64_t units_oversold = 0;
    std::int64_t contradictions = 0;  // as shoppers saw it, and as the audit did
    std::int64_t told_honestly = 0;   // who left without goods and were told why
    std::int64_t left_untold = 0;     // who gave up waiting, or never got an answer
    double seconds_to_sold_out = 0;   // from the opening to the last unit paid
    bool killed = false;
    double seconds_down = 0;   // from the kill to the first answer after it
    int server_exit_code = 0;  // after SIGTERM
    std::vector<FaultSeen> faults;
    std::int64_t server_errors = 0;     // answers 5xx, as shoppers saw them
    std::int64_t lost_connections = 0;  // the same
    bool settled = false;               // nothing was under way any more when the server was stopped
    audit::Report audit;
    std::filesystem::path directory;    // with `keep`
    std::vector<std::string> failures;  // why it does not pass, a sentence each

    bool passed() const { return failures.empty(); }
    /// "1,000 of 1,000 sold to 1,000 people in 4.1 s · 0 oversold · 0 lost · 19,000 told honestly · ledger verified"
    std::string verdict() const;
    std::string to_json() const;
};

/// A whole sale in a throwaway shop: serves it in a process of its own, on free ports and a temporary directory, sends
/// the crowd, waits until everything is settled, stops the server, and audits what is stored against what shoppers were
/// told. `say` gets a line for each thing done. Throws std::runtime_error (or Interrupted) when it could not be carried
/// out; either way nothing is left running, and nothing on disk without `keep`.
Rehearsal rehearse(const RehearsalOptions& options, const std::function<void(const std::string&)>& say);

}  // namespace marketday::drills
