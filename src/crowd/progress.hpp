#pragma once

#include <cstdint>
#include <string>

#include "crowd/options.hpp"

namespace marketday::crowd {

/// The counters of all processes together, at one instant.
struct Totals {
    double at_s = 0;  // since the start; negative before it
    std::uint64_t arrived = 0;
    std::uint64_t waiting = 0;
    std::uint64_t connections = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t refused = 0;
    std::uint64_t unknown = 0;
    std::uint64_t paid = 0;
    std::uint64_t ended = 0;
    std::uint64_t flaws = 0;
    std::int64_t available = -1;
};

/// Shows a running crowd on standard error: on a terminal one block of lines that is drawn over itself, elsewhere a
/// plain line every two seconds.
class Progress {
public:
    Progress(Options::Display display, std::uint64_t expected);
    void show(const Totals& totals);
    /// Leaves the last state standing.
    void finish(const Totals& totals);

private:
    void draw(const Totals& totals);

    bool silent_;
    bool block_;
    std::uint64_t expected_;
    int drawn_lines_ = 0;
    double last_line_s_ = -1e9;
    Totals before_;
    double orders_per_s_ = 0;
};

}  // namespace marketday::crowd
