#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace marketday::fleet {

/// What one process may have open at most: the descriptors of a Debian machine without privileges to raise them.
inline constexpr int kDescriptorsMax = 20'000;

struct PostgresPart {
    std::string host;
    int version = 15;
    int max_connections = 100;
    int shared_buffers_mib = 128;
    std::vector<std::string> replicas;  // hosts: a copy that follows the primary on each
    int kept_wal_mib = 1'024;           // what the primary keeps for a copy that is away, at most
    int line = 0;                       // in the file
};

/// Carries events from the outbox to consumers.
struct NatsPart {
    std::string host;
    std::string version = "2.10";
    int line = 0;
};

/// What all processes share and can lose: rankings, caches.
struct RedisPart {
    std::string host;
    std::string version = "7.0";
    int memory_mib = 64;  // past it, what was used longest ago is forgotten
    int line = 0;
};

/// The CDN: shoppers come here first, and what the shop lets others keep is answered from here.
struct VarnishPart {
    std::string host;
    std::string version = "7.1";
    int port = 80;
    int memory_mib = 128;  // of answers kept; past it, what was used longest ago goes
    int descriptors = kDescriptorsMax;
    int line = 0;
};

/// The load balancer. All limits are declared here, so that what happens past them is declared too.
struct HaproxyPart {
    std::string host;
    std::string version = "2.6";
    int port = 80;
    std::vector<int> tcp_ports;  // passed through unread (L4)
    int connections_max = 9'000;
    int descriptors = kDescriptorsMax;
    int requests_max = 400;       // under way in one web process; others wait
    int line_requests_max = 200;  // the same for the line and its polls, which have a queue of their own
    int queue_max = 500;          // requests that wait for one web process; past it 503
    int queue_ms = 1'000;         // how long one waits at most; then 503
    int line = 0;
};

/// Processes of one kind, told apart by a number: web-1, web-2, …
struct ProcessGroup {
    std::string name;
    std::vector<std::string> roles;  // web, worker, scheduler
    std::vector<std::string> hosts;  // taken in turn
    int count = 1;
    int count_max = 1;  // what `scale` may ask for; budgets are checked for so many
    int database_connections = 8;
    int operator_connections = 2;
    int replica_connections = 4;  // to each copy
    int descriptors = kDescriptorsMax;
    int line = 0;

    bool has_role(std::string_view role) const;
};

struct Setting {
    std::string key;
    std::string value;
};

/// A whole shop as one file says it: which hosts, which engines, how many processes.
struct Topology {
    std::string name;     // a-z, 0-9 and -; at most 20
    std::string network;  // its first 24 bits, such as "10.77.2."; a host's address is one of 11 to 250
    std::vector<std::string> hosts;
    std::optional<PostgresPart> postgres;
    std::optional<NatsPart> nats;
    std::optional<RedisPart> redis;
    std::optional<HaproxyPart> haproxy;
    std::optional<VarnishPart> varnish;
    std::vector<ProcessGroup> processes;
    std::vector<Setting> settings;  // of every process

    const ProcessGroup* find_group(std::string_view group) const;
    /// "10.77.2.13" of a host that is listed.
    std::string address_of(std::string_view host) const;
};

/// Throws std::runtime_error when a setting of the shop does not exist or may not have that value.
using SettingCheck = std::function<void(std::string_view key, std::string_view value)>;

/// Reads a topology from the text of a file and checks all of it. Throws std::runtime_error with one line: file, line,
/// what is wrong and what to do; an unknown key with the nearest that exists.
Topology parse_topology(const std::string& text, const std::string& file, const SettingCheck& check_setting);
/// The same of a file's path.
Topology read_topology(const std::filesystem::path& file, const SettingCheck& check_setting);
/// All bytes of a file; throws std::runtime_error that says what to give instead.
std::string read_topology_text(const std::filesystem::path& file);

/// The checks that need the whole: placement, connections to the database, descriptors. `file` begins the message.
void check_topology(const Topology& topology, const std::string& file);

}  // namespace marketday::fleet
