#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "drills/rehearse.hpp"
#include "fleet/topology.hpp"

namespace marketday::drills {

struct TopologyRehearsalOptions {
    std::filesystem::path topology;
    std::string fault;  // one of `topology_faults()`; empty: none
    fleet::SettingCheck check_setting;
};

/// What can be broken in the middle of a rehearsal, each with what it means.
struct TopologyFault {
    std::string_view name;
    std::string_view meaning;
};
const std::vector<TopologyFault>& topology_faults();

/// A whole sale on a topology of its own: brings it up in a free network and a temporary directory, sends the crowd to
/// its load balancer, breaks what `fault` names in the middle, waits until all is settled, audits what is stored
/// against what shoppers were told, and takes all of it down, also when interrupted or killed itself. Needs root.
/// Throws as `rehearse` does; a fault that the topology cannot have is told before anything is started.
Rehearsal rehearse_topology(const RehearsalOptions& options, const TopologyRehearsalOptions& topology,
                            const std::function<void(const std::string&)>& say);

}  // namespace marketday::drills
