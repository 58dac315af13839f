#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "crowd/histogram.hpp"
#include "crowd/history.hpp"
#include "crowd/options.hpp"
#include "crowd/plan.hpp"

namespace marketday::crowd {

/// Something the shop said or did that contradicts something else it said or did, as a client can see it.
struct Contradiction {
    std::string kind;    // a Flaw's name, or one that `find_contradictions` names
    std::string detail;  // one sentence
    Uuid customer;
    std::string key;  // may be empty
    Uuid order;       // may be nil
};

struct OpFigures {
    std::uint64_t ok = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    Histogram latency;  // from the intended start to the last answer; of operations that had an answer
};

/// One slice of the run, for the plots.
struct Slice {
    double at_s = 0;  // its beginning, since the first arrival
    std::uint64_t arrivals = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t paid = 0;
    double p50_ms = -1;  // latency of what ended in this slice: orders, or every operation when there were none
    double p99_ms = -1;  // at all; -1: nothing ended
};

/// What was seen from outside while it ran.
struct Sample {
    double at_s = 0;
    std::uint64_t waiting = 0;
    std::uint64_t connections = 0;
    std::int64_t available = -1;  // units; -1: not known
    std::int64_t reserved = -1;
    std::int64_t sold = -1;
};

struct Report {
    Options options;
    std::string sale;  // id; empty when none
    std::string sale_name;
    std::uint64_t shoppers = 0;
    std::uint64_t units_offered = 0;  // 0 when there is no sale
    std::uint64_t orders_acknowledged = 0;
    std::uint64_t orders_refused = 0;
    std::uint64_t orders_unknown = 0;
    std::uint64_t units_sold = 0;         // units of the orders whose payment was acknowledged
    std::uint64_t units_granted = 0;      // units of all acknowledged orders
    double seconds = 0;                   // first arrival to last answer
    double goodput_orders_per_s = 0;      // acknowledged, over the time in which orders were placed
    double seconds_to_last_payment = -1;  // from the opening (or the first arrival after it); -1: nothing was paid
    double seconds_to_sold_out = -1;      // the same, when every unit offered was paid
    std::array<OpFigures, kOpCount> ops;
    Histogram acknowledged_latency;  // of acknowledged orders alone, from the intended start
    std::map<int, std::uint64_t> statuses;
    std::map<std::string, std::uint64_t> reasons;  // of refused and unknown orders and payments
    std::array<std::uint64_t, kEndingCount> endings{};
    std::uint64_t lost_connections = 0;
    std::uint64_t retries = 0;
    std::uint64_t requests = 0;
    double cpu_us_per_request = 0;  // of the crowd itself
    double late_ms_max = 0;         // how much later than planned a shopper set out: the crowd's own slowness
    std::uint32_t processes = 0;
    std::uint64_t verified = 0;    // acknowledged orders asked for again and found
    std::uint64_t unverified = 0;  // asked for without an answer
    std::uint64_t contradictions_count = 0;
    std::vector<Contradiction> contradictions;  // the first 1000
    std::vector<std::string> rig_troubles;      // what makes this run itself doubtful
    double slice_s = 1;
    std::vector<Slice> slices;
    std::vector<Sample> samples;

    /// 0: nothing contradicts itself. 3: something does. 2: the crowd itself failed.
    int exit_code() const;
};

/// Runs a whole crowd: prepares, forks its processes, waits, merges, checks, and writes the report folder. Call it from
/// a program of one thread, since it forks. `say` gets lines for a person; a terminal on standard error gets a live
/// block.
Result<Report, Trouble> run(const Options& options, const std::function<void(const std::string&)>& say);

}  // namespace marketday::crowd
