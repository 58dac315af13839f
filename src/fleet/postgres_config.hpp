#pragma once

#include <filesystem>
#include <string>

#include "fleet/topology.hpp"

namespace marketday::fleet {

/// postgresql.conf: durable (fsync, synchronous_commit), sized as the topology says, reached at its host's address and
/// by its own user at a socket in `data`.
std::string postgres_config(const Topology& topology, const std::filesystem::path& data);
/// pg_hba.conf: the processes' hosts and the machine itself with the password; nobody else.
std::string postgres_access(const Topology& topology);

}  // namespace marketday::fleet
