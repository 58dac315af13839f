#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "fleet/layout.hpp"

namespace marketday::fleet {

/// haproxy.cfg: shoppers' requests by method, path and header onto backends with bounded queues of their own, offered
/// ports passed through unread, PROXY v2 inwards, health by /readyz. `servers` may be empty: the rest of the file.
std::string haproxy_config(const Topology& topology, const std::vector<const Part*>& servers,
                           const std::filesystem::path& directory);
/// What it answers by itself when no process can: problem+json for programs, a small page for people.
std::vector<GeneratedFile> haproxy_answers();

/// The backends that have the web processes as their servers.
std::vector<std::string> haproxy_backends(const Topology& topology);
/// The words after `server BACKEND/NAME`, for the file and for the runtime API.
std::string haproxy_server(const Topology& topology, const std::string& backend, const Part& process);
/// Its stats socket, from the fleet's directory.
inline constexpr std::string_view kHaproxySocket = "data/haproxy/stats.sock";

}  // namespace marketday::fleet
