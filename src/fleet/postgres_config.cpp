#include "fleet/postgres_config.hpp"

#include <fmt/format.h>

#include <set>

namespace marketday::fleet {

std::string postgres_config(const Topology& topology, const std::filesystem::path& data) {
    const PostgresPart& postgres = *topology.postgres;
    return fmt::format(
        "# Made by marketday fleet; what is changed here is lost.\n"
        "listen_addresses = '{address}'\n"
        "port = 5432\n"
        "unix_socket_directories = '{data}'\n"
        "max_connections = {connections}\n"
        "superuser_reserved_connections = 3\n"
        "shared_buffers = {buffers}MB\n"
        "password_encryption = scram-sha-256\n"
        "# An acknowledged order survives a loss of power.\n"
        "fsync = on\n"
        "full_page_writes = on\n"
        "synchronous_commit = on\n"
        "wal_level = replica\n"
        "max_wal_size = 1GB\n"
        "checkpoint_completion_target = 0.9\n"
        "# A client that is gone gives its connection and locks back.\n"
        "tcp_keepalives_idle = 10\n"
        "tcp_keepalives_interval = 2\n"
        "tcp_keepalives_count = 3\n"
        "client_connection_check_interval = 1s\n"
        "log_timezone = 'UTC'\n"
        "timezone = 'UTC'\n"
        "log_line_prefix = '%m [%p] '\n"
        "log_min_duration_statement = 1s\n",
        fmt::arg("address", topology.address_of(postgres.host)), fmt::arg("data", data.string()),
        fmt::arg("connections", postgres.max_connections), fmt::arg("buffers", postgres.shared_buffers_mib));
}

std::string postgres_access(const Topology& topology) {
    std::set<std::string> hosts;
    for (const ProcessGroup& group : topology.processes) hosts.insert(group.hosts.begin(), group.hosts.end());
    std::string text = "# Made by marketday fleet; what is changed here is lost.\nlocal all postgres peer\n";
    for (const std::string& host : hosts)
        text += fmt::format("host marketday marketday {}/32 scram-sha-256\n", topology.address_of(host));
    // The machine itself: audits.
    text += fmt::format("host marketday marketday {}1/32 scram-sha-256\n", topology.network);
    return text;
}

}  // namespace marketday::fleet
