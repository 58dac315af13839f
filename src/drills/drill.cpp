#include "drills/drill.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "crowd/json_view.hpp"
#include "drills/disk_drill.hpp"
#include "drills/kill_drill.hpp"
#include "drills/load_drills.hpp"
#include "drills/power_drill.hpp"
#include "drills/trials.hpp"

namespace marketday::drills {
namespace {

constexpr std::array kDrills{
    Drill{"kill", "kill -9 at random moments of a sale, an audit after each", drill_kill},
    Drill{"power", "power cuts: what was not synced is lost in part; and a disk that lies, to show that it bites",
          drill_power},
    Drill{"disk", "a full disk, and failing writes and syncs at any moment", drill_disk},
    Drill{"freeze", "the process stands still for half a minute in the middle of a sale", drill_freeze},
    Drill{"descriptors", "no descriptor is left for connections or files", drill_descriptors},
    Drill{"memory", "memory runs out", drill_memory},
    Drill{"clock", "the clock jumps by hours, back and forth", drill_clock},
    Drill{"leaks", "a busy shop is told to end: no memory is left behind", drill_leaks},
    Drill{"overload", "more orders than the shop can take", drill_overload},
    Drill{"slowloris", "5,000 connections that are held by being slow", drill_slowloris},
    Drill{"soak", "half an hour at half of the peak rate, flat", drill_soak},
};

}  // namespace

std::span<const Drill> all_drills() { return kDrills; }

const Drill* find_drill(std::string_view name) {
    const auto found = std::ranges::find(kDrills, name, &Drill::name);
    return found == kDrills.end() ? nullptr : &*found;
}

std::string DrillResult::to_json() const {
    std::string measured;
    for (const auto& [name, value] : figures)
        measured +=
            fmt::format("{}{}:{}", measured.empty() ? "" : ",", crowd::json_quoted(name), crowd::json_quoted(value));
    std::string reasons;
    for (const std::string& failure : failures)
        reasons += fmt::format("{}{}", reasons.empty() ? "" : ",", crowd::json_quoted(failure));
    return fmt::format(R"({{"drill":{},"seed":{},"passed":{},"figures":{{{}}},"failures":[{}]}})",
                       crowd::json_quoted(drill), seed, passed(), measured, reasons);
}

}  // namespace marketday::drills
