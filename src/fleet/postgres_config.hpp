#pragma once

#include <filesystem>
#include <string>

#include "fleet/topology.hpp"

namespace marketday::fleet {

/// May copy the primary's log, and nothing else.
inline constexpr std::string_view kReplicationRole = "marketday_replica";

/// postgres.conf of the server on `host`: what is acknowledged is on the disk, clients that are gone are noticed.
std::string postgres_config(const Topology& topology, const std::string& host, const std::filesystem::path& data);
/// What a copy's has besides: whom it follows.
std::string postgres_following(const Topology& topology, const std::string& name,
                               const std::filesystem::path& directory);
/// libpq's connection string to the primary for the copy of this name.
std::string primary_connection(const std::string& primary_address, const std::string& name,
                               const std::filesystem::path& directory);
/// Its password, as libpq reads it; from the fleet's directory.
std::string postgres_password_file(const std::string& name);
/// What the primary keeps its place by: "replica_1".
std::string replication_slot(std::string name);
/// pg_hba.conf: the processes' hosts and the machine itself, with a password; the server's own user over its socket;
/// copies from any host of the topology.
std::string postgres_access(const Topology& topology);

}  // namespace marketday::fleet
