#include "fleet/topology.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/text.hpp"
#include "fleet/topology_reader.hpp"

namespace marketday::fleet {
namespace {

constexpr std::size_t kNameBytesMax = 20;
constexpr std::size_t kHostsMax = 60;
constexpr std::array<std::string_view, 3> kRoles{"web", "worker", "scheduler"};
constexpr std::array<std::string_view, 6> kEngines{"postgres", "replica", "nats", "redis", "haproxy", "varnish"};
// What a topology says by other keys.
constexpr std::array<std::string_view, 16> kOurSettings{"data",
                                                        "events",
                                                        "database",
                                                        "database_replicas",
                                                        "redis",
                                                        "cdn.purge",
                                                        "listen",
                                                        "admin",
                                                        "roles",
                                                        "public_url",
                                                        "http.proxy_protocol",
                                                        "http.trusted_proxies",
                                                        "database_pool.connections",
                                                        "database_pool.operator_connections",
                                                        "database_pool.replica_connections",
                                                        "database_pool.processes"};

bool is_name(std::string_view text) {
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
    return !text.empty() && text.size() <= kNameBytesMax && std::ranges::all_of(text, plain) && text.front() != '-' &&
           text.back() != '-';
}

/// "10.77.2." of "10.77.2.0/24"; empty when it is no such network.
std::string prefix_of(const std::string& network) {
    std::array<int, 4> bytes{};
    int read = 0;
    if (std::sscanf(network.c_str(), "%d.%d.%d.%d/24%n", bytes.data(), &bytes[1], &bytes[2], &bytes[3], &read) != 4 ||
        read != static_cast<int>(network.size()) || bytes[3] != 0)
        return {};
    if (std::ranges::any_of(bytes, [](int byte) { return byte < 0 || byte > 255; })) return {};
    const bool inward =
        bytes[0] == 10 || (bytes[0] == 172 && bytes[1] >= 16 && bytes[1] < 32) || (bytes[0] == 192 && bytes[1] == 168);
    return inward ? fmt::format("{}.{}.{}.", bytes[0], bytes[1], bytes[2]) : std::string{};
}

std::vector<std::string> read_hosts(MapReader& root) {
    auto hosts = root.list("hosts");
    if (hosts.empty()) root.refuse(root.line("hosts"), "\"hosts\" must list at least one host, such as hosts: [data]");
    if (hosts.size() > kHostsMax) root.refuse(root.line("hosts"), fmt::format("at most {} hosts", kHostsMax));
    for (std::size_t i = 0; i < hosts.size(); ++i) {
        if (!is_name(hosts[i]))
            root.refuse(root.line("hosts"),
                        fmt::format("a host's name is 1 to {} of a-z, 0-9 and -, not \"{}\"", kNameBytesMax, hosts[i]));
        if (std::ranges::count(hosts, hosts[i]) > 1)
            root.refuse(root.line("hosts"), fmt::format("the host \"{}\" is listed twice", hosts[i]));
    }
    return hosts;
}

PostgresPart read_postgres(const std::string& file, const YAML::Node& node) {
    MapReader map{file, "postgres", node};
    PostgresPart postgres;
    postgres.line = map.line();
    postgres.host = map.required_text("host");
    postgres.version = map.integer("version", postgres.version, 15, 17);
    postgres.max_connections = map.integer("max_connections", postgres.max_connections, 10, 5000);
    postgres.shared_buffers_mib = map.integer("shared_buffers_mib", postgres.shared_buffers_mib, 16, 1'000'000);
    postgres.replicas = map.list("replicas");
    postgres.kept_wal_mib = map.integer("kept_wal_mib", postgres.kept_wal_mib, 64, 1'000'000);
    map.finish();
    return postgres;
}

NatsPart read_nats(const std::string& file, const YAML::Node& node) {
    MapReader map{file, "nats", node};
    NatsPart nats;
    nats.line = map.line();
    nats.host = map.required_text("host");
    nats.version = map.text("version", nats.version);
    map.finish();
    return nats;
}

RedisPart read_redis(const std::string& file, const YAML::Node& node) {
    MapReader map{file, "redis", node};
    RedisPart redis;
    redis.line = map.line();
    redis.host = map.required_text("host");
    redis.version = map.text("version", redis.version);
    redis.memory_mib = map.integer("memory_mib", redis.memory_mib, 8, 1'000'000);
    map.finish();
    return redis;
}

VarnishPart read_varnish(const std::string& file, const YAML::Node& node) {
    MapReader map{file, "varnish", node};
    VarnishPart varnish;
    varnish.line = map.line();
    varnish.host = map.required_text("host");
    varnish.version = map.text("version", varnish.version);
    varnish.port = map.integer("port", varnish.port, 1, 65'535);
    varnish.memory_mib = map.integer("memory_mib", varnish.memory_mib, 16, 1'000'000);
    varnish.descriptors = map.integer("descriptors", varnish.descriptors, 256, 10'000'000);
    map.finish();
    return varnish;
}

HaproxyPart read_haproxy(const std::string& file, const YAML::Node& node) {
    MapReader map{file, "haproxy", node};
    HaproxyPart haproxy;
    haproxy.line = map.line();
    haproxy.host = map.required_text("host");
    haproxy.version = map.text("version", haproxy.version);
    haproxy.port = map.integer("port", haproxy.port, 1, 65'535);
    haproxy.tcp_ports = map.integers("tcp_ports", 1, 65'535);
    haproxy.connections_max = map.integer("connections_max", haproxy.connections_max, 1, 1'000'000);
    haproxy.descriptors = map.integer("descriptors", haproxy.descriptors, 64, 10'000'000);
    haproxy.requests_max = map.integer("requests_max", haproxy.requests_max, 1, 100'000);
    haproxy.line_requests_max = map.integer("line_requests_max", haproxy.line_requests_max, 1, 100'000);
    haproxy.queue_max = map.integer("queue_max", haproxy.queue_max, 1, 1'000'000);
    haproxy.queue_ms = map.integer("queue_ms", haproxy.queue_ms, 1, 60'000);
    map.finish();
    return haproxy;
}

std::vector<std::string> read_roles(MapReader& map) {
    auto roles = map.required_list("roles", "roles: [web]");
    for (const std::string& role : roles) {
        if (std::ranges::find(kRoles, role) == kRoles.end())
            map.refuse(map.line("roles"),
                       fmt::format("there is no role \"{}\"; there are web, worker and scheduler", role));
    }
    return roles;
}

ProcessGroup read_group(const std::string& file, const std::string& name, const YAML::Node& node) {
    MapReader map{file, name, node};
    ProcessGroup group;
    group.name = name;
    group.line = map.line();
    group.roles = read_roles(map);
    group.hosts = map.required_list("hosts", "hosts: [app]");
    group.count = map.integer("count", 1, 0, 100);
    group.count_max = map.integer("count_max", std::max(group.count, 1), 1, 100);
    if (group.count_max < group.count)
        map.refuse(map.line("count_max"), fmt::format("count_max of {} is less than its count", name));
    group.database_connections = map.integer("database_connections", group.database_connections, 2, 1000);
    group.operator_connections = map.integer("operator_connections", group.operator_connections, 1, 100);
    group.replica_connections = map.integer("replica_connections", group.replica_connections, 1, 1000);
    group.descriptors = map.integer("descriptors", group.descriptors, 256, 10'000'000);
    map.finish();
    return group;
}

std::vector<ProcessGroup> read_processes(const std::string& file, MapReader& root) {
    const YAML::Node node = root.node("processes");
    if (!node.IsDefined() || !node.IsMap() || node.size() == 0)
        root.refuse(root.line("processes"),
                    "\"processes\" must say which there are, such as web: {roles: [web], hosts: [app]}");
    std::vector<ProcessGroup> groups;
    for (const auto& entry : node) {
        const std::string name = entry.first.IsScalar() ? entry.first.Scalar() : "";
        if (!is_name(name) || std::ranges::find(kEngines, name) != kEngines.end())
            root.refuse(line_of(entry.first), fmt::format("\"{}\" cannot be the name of a kind of process", name));
        if (std::ranges::find(groups, name, &ProcessGroup::name) != groups.end())
            root.refuse(line_of(entry.first), fmt::format("processes has \"{}\" twice", name));
        groups.push_back(read_group(file, name, entry.second));
    }
    return groups;
}

void read_settings(MapReader& root, const YAML::Node& map, const std::string& prefix, const SettingCheck& check,
                   std::vector<Setting>& settings) {
    if (!map.IsDefined() || map.IsNull()) return;
    if (!map.IsMap()) root.refuse(line_of(map), "\"settings\" must be a map, as in the file of serve --config");
    for (const auto& entry : map) {
        const std::string key = prefix + (entry.first.IsScalar() ? entry.first.Scalar() : "?");
        if (entry.second.IsMap() && prefix.empty()) {
            read_settings(root, entry.second, key + ".", check, settings);
            continue;
        }
        if (!entry.second.IsScalar()) root.refuse(line_of(entry.first), fmt::format("{} must be a single value", key));
        if (std::ranges::find(kOurSettings, key) != kOurSettings.end())
            root.refuse(line_of(entry.first), fmt::format("{} follows from the topology; leave it out", key));
        try {
            check(key, entry.second.Scalar());
        } catch (const std::runtime_error& error) {
            root.refuse(line_of(entry.first), error.what());
        }
        settings.push_back({key, entry.second.Scalar()});
    }
}

YAML::Node load(const std::string& text, const std::string& file) {
    try {
        return YAML::Load(text);
    } catch (const YAML::Exception& error) {
        throw std::runtime_error(fmt::format("{}:{}: {}", file, error.mark.line + 1, error.msg));
    }
}

}  // namespace

bool ProcessGroup::has_role(std::string_view role) const { return std::ranges::find(roles, role) != roles.end(); }

const ProcessGroup* Topology::find_group(std::string_view group) const {
    const auto found = std::ranges::find(processes, group, &ProcessGroup::name);
    return found == processes.end() ? nullptr : &*found;
}

std::string Topology::address_of(std::string_view host) const {
    constexpr std::ptrdiff_t kFirst = 11;
    const auto found = std::ranges::find(hosts, host);
    return found == hosts.end() ? std::string{} : fmt::format("{}{}", network, found - hosts.begin() + kFirst);
}

Topology parse_topology(const std::string& text, const std::string& file, const SettingCheck& check_setting) {
    const YAML::Node node = load(text, file);
    if (!node.IsMap()) throw std::runtime_error(fmt::format("{}: must be a map of keys to values", file));
    MapReader root{file, "a topology", node};
    Topology topology;
    topology.name = root.required_text("name");
    if (!is_name(topology.name))
        root.refuse(root.line("name"), fmt::format("a name is 1 to {} of a-z, 0-9 and -", kNameBytesMax));
    const std::string network = root.text("network", "10.77.0.0/24");
    topology.network = prefix_of(network);
    if (topology.network.empty())
        root.refuse(root.line("network"),
                    fmt::format("network must be a private one of 24 bits, such as 10.77.2.0/24, not \"{}\"", network));
    topology.hosts = read_hosts(root);
    if (const YAML::Node postgres = root.node("postgres"); postgres.IsDefined())
        topology.postgres = read_postgres(file, postgres);
    if (const YAML::Node nats = root.node("nats"); nats.IsDefined()) topology.nats = read_nats(file, nats);
    if (const YAML::Node redis = root.node("redis"); redis.IsDefined()) topology.redis = read_redis(file, redis);
    if (const YAML::Node varnish = root.node("varnish"); varnish.IsDefined())
        topology.varnish = read_varnish(file, varnish);
    if (const YAML::Node haproxy = root.node("haproxy"); haproxy.IsDefined())
        topology.haproxy = read_haproxy(file, haproxy);
    topology.processes = read_processes(file, root);
    read_settings(root, root.node("settings"), "", check_setting, topology.settings);
    root.finish();
    check_topology(topology, file);
    return topology;
}

std::string read_topology_text(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    if (!stream || std::filesystem::is_directory(file))
        throw std::runtime_error(
            fmt::format("cannot read {}; give a topology file such as topologies/2-tiers.yaml", file.string()));
    return {std::istreambuf_iterator<char>{stream}, {}};
}

Topology read_topology(const std::filesystem::path& file, const SettingCheck& check_setting) {
    return parse_topology(read_topology_text(file), file.string(), check_setting);
}

}  // namespace marketday::fleet
