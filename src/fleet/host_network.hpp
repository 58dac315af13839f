#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "fleet/layout.hpp"

namespace marketday::fleet {

/// Hosts as network namespaces of this machine, each with an address of its own on one bridge. Needs root. Everything
/// carries the fleet's id in its name, so that it is found again whatever became of whoever made it. Throws
/// std::runtime_error with what `ip` said.

/// Makes the bridge, unless it is there. Throws when another network of the machine has these addresses.
void make_bridge(const Layout& layout);
/// Makes a host from nothing: what is left of an earlier one of this name is removed first.
void make_host(const Layout& layout, const Host& host);
/// The first 24 bits of a network that nobody on this machine has, such as "10.77.140.".
std::string free_network();
/// Whether the namespace is there and answers to its name.
bool host_exists(const Host& host);
/// Ends all that runs in it (kill -9) and removes it.
void remove_host(const std::string& network_namespace);

/// All namespaces of a fleet, whether listed anywhere or not.
std::vector<std::string> namespaces_of(std::string_view fleet_id);
/// Everything that runs in a namespace.
std::vector<pid_t> processes_in(const std::string& network_namespace);
/// Removes all namespaces and the bridge of a fleet; nothing there is no error.
void remove_network(std::string_view fleet_id);

}  // namespace marketday::fleet
