#include "fleet/postgres_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace marketday::fleet {

std::string postgres_config(const Topology& topology, const std::string& host, const std::filesystem::path& data) {
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
        "# A copy that is away for long is left behind before it fills the disk.\n"
        "max_wal_senders = 20\n"
        "max_replication_slots = 20\n"
        "max_slot_wal_keep_size = {kept}MB\n"
        "wal_sender_timeout = 10s\n"
        "max_wal_size = 1GB\n"
        "checkpoint_completion_target = 0.9\n"
        "# After a crash the shop waits until what was written since the last checkpoint is done again, and before "
        "that\n"
        "# until all files are on disk: the file system at once, not one file after the other (Linux tells of errors "
        "in\n"
        "# it since 5.8).\n"
        "checkpoint_timeout = 1min\n"
        "recovery_init_sync_method = syncfs\n"
        "# A client that is gone gives its connection and locks back.\n"
        "tcp_keepalives_idle = 10\n"
        "tcp_keepalives_interval = 2\n"
        "tcp_keepalives_count = 3\n"
        "client_connection_check_interval = 1s\n"
        "log_timezone = 'UTC'\n"
        "timezone = 'UTC'\n"
        "log_line_prefix = '%m [%p] '\n"
        "log_min_duration_statement = 1s\n",
        fmt::arg("address", topology.address_of(host)), fmt::arg("data", data.string()),
        fmt::arg("connections", postgres.max_connections), fmt::arg("buffers", postgres.shared_buffers_mib),
        fmt::arg("kept", postgres.kept_wal_mib));
}

std::string postgres_password_file(const std::string& name) { return fmt::format("config/{}.pass", name); }

std::string replication_slot(std::string name) {
    std::ranges::replace(name, '-', '_');
    return name;
}

std::string primary_connection(const std::string& primary_address, const std::string& name,
                               const std::filesystem::path& directory) {
    return fmt::format("host={} port=5432 user={} passfile={} application_name={} connect_timeout=3 keepalives_idle=5",
                       primary_address, kReplicationRole, (directory / postgres_password_file(name)).string(),
                       replication_slot(name));
}

std::string postgres_following(const Topology& topology, const std::string& name,
                               const std::filesystem::path& directory) {
    return fmt::format(
        "# It follows, and is read only.\n"
        "hot_standby = on\n"
        "primary_conninfo = '{}'\n"
        "primary_slot_name = '{}'\n"
        "# What it reads for somebody does not hold up what it follows for long.\n"
        "max_standby_streaming_delay = 2s\n"
        "wal_receiver_timeout = 10s\n"
        "wal_receiver_status_interval = 1s\n"
        "wal_retrieve_retry_interval = 500ms\n",
        primary_connection(topology.address_of(topology.postgres->host), name, directory), replication_slot(name));
}

std::string postgres_access(const Topology& topology) {
    std::set<std::string> hosts;
    for (const ProcessGroup& group : topology.processes) hosts.insert(group.hosts.begin(), group.hosts.end());
    std::string text = "# Made by marketday fleet; what is changed here is lost.\nlocal all postgres peer\n";
    for (const std::string& host : hosts)
        text += fmt::format("host marketday marketday {}/32 scram-sha-256\n", topology.address_of(host));
    // Any host of ours, so that a copy comes without a restart.
    text += fmt::format("host replication {} {}0/24 scram-sha-256\n", kReplicationRole, topology.network);
    // The machine itself: audits.
    text += fmt::format("host marketday marketday {}1/32 scram-sha-256\n", topology.network);
    return text;
}

}  // namespace marketday::fleet
