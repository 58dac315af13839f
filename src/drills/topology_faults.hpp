#pragma once

#include <functional>
#include <string>
#include <vector>

#include "drills/rehearse.hpp"
#include "fleet/fleet.hpp"

namespace marketday::drills {

/// One break of a rehearsal's topology: what it is, when it comes, and how it is done and healed. `break_it` returns
/// when whatever heals it has healed it.
struct Break {
    std::string what;
    double at_share = 0.5;  // of the units that will be sold
    std::function<void(const fleet::Fleet&)> break_it;
};

/// What a fault's name means on a layout. Throws std::runtime_error when the layout has nothing that it could break.
std::vector<Break> breaks_of(const std::string& fault, const fleet::Layout& layout,
                             const std::function<void(const std::string&)>& say);

/// What a fault needs beside the topology as it is: two schedulers, so that one can take over.
fleet::Wishes wishes_of(const std::string& fault, const fleet::Topology& topology);

}  // namespace marketday::drills
