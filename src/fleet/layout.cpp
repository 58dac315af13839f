#include "fleet/layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <stdexcept>

#include "base/hash.hpp"
#include "base/text.hpp"
#include "fleet/haproxy_config.hpp"
#include "fleet/postgres_config.hpp"
#include "fleet/varnish_config.hpp"

namespace marketday::fleet {
namespace {

constexpr int kFirstPort = 8080;
constexpr int kFirstAdminPort = 9080;
constexpr int kPlacesAKind = 100;  // count_max of any kind

std::string hex_of(std::string_view text, std::size_t bytes) {
    const Hash256 hash = blake2b(text);
    return to_hex(std::span{hash}.first(bytes));
}

std::string fingerprint_of(const Part& part, std::string_view also) {
    std::string all = fmt::format("{}\n{}\n{}\n{}\n{}\n", part.host, part.address, part.user, part.descriptors, also);
    for (const std::string& word : part.command) all += word + "\n";
    for (const GeneratedFile& file : part.files) all += file.path + "\n" + file.text;
    return hex_of(all, 8);
}

int count_of(const ProcessGroup& group, const Wishes& wishes) {
    const auto wished = wishes.counts.find(group.name);
    if (wished == wishes.counts.end()) return group.count;
    if (wished->second < 0 || wished->second > group.count_max)
        throw std::runtime_error(fmt::format("{} can be 0 to {} (count_max of the topology), not {}", group.name,
                                             group.count_max, wished->second));
    return wished->second;
}

std::string database_url(const Topology& topology, const std::string& host) {
    return fmt::format("postgres://marketday:{}@{}:{}/marketday", kPasswordMark, topology.address_of(host),
                       kPostgresPort);
}

std::string origin_url(const Topology& topology) {
    if (topology.haproxy) {
        const std::string address = topology.address_of(topology.haproxy->host);
        return topology.haproxy->port == 80 ? "http://" + address
                                            : fmt::format("http://{}:{}", address, topology.haproxy->port);
    }
    for (const ProcessGroup& group : topology.processes) {
        if (group.has_role("web")) return fmt::format("http://{}:{}", topology.address_of(group.hosts[0]), kFirstPort);
    }
    return {};
}

std::string shop_url(const Topology& topology) {
    if (!topology.varnish) return origin_url(topology);
    const std::string address = topology.address_of(topology.varnish->host);
    return topology.varnish->port == 80 ? "http://" + address
                                        : fmt::format("http://{}:{}", address, topology.varnish->port);
}

/// The settings of one process, as `serve --config` reads them: later ones win.
std::string config_of(const Topology& topology, const Wishes& wishes, const ProcessGroup& group, const Part& part,
                      const std::filesystem::path& directory) {
    std::vector<Setting> settings{
        {"data", (directory / part.data()).string()},
        {"listen", fmt::format("{}:{}", part.address, part.port)},
        {"admin", fmt::format("{}:{}", part.address, part.admin_port)},
        {"roles", fmt::format("{}", fmt::join(group.roles, ","))},
        {"public_url", shop_url(topology)},
    };
    if (topology.postgres) {
        // The program multiplies its own connections by this; kinds differ, so it is told how many of its own kind
        // would need what all together do.
        int connections = 0;
        for (const ProcessGroup& other : topology.processes)
            connections += other.count_max * (other.database_connections + other.operator_connections);
        const int processes = std::max(1, connections / (group.database_connections + group.operator_connections));
        // A real bank is one for all of them, and so is the one to rehearse with.
        settings.push_back({"payment.sandbox_books", (directory / kSharedFolder / "sandbox-bank.db").string()});
        settings.push_back({"database", database_url(topology, topology.postgres->host)});
        std::string replicas;
        for (const std::string& host : topology.postgres->replicas)
            replicas += (replicas.empty() ? "" : ",") + database_url(topology, host);
        if (!replicas.empty()) {
            settings.push_back({"database_replicas", replicas});
            settings.push_back({"database_pool.replica_connections", std::to_string(group.replica_connections)});
        }
        settings.push_back({"database_pool.connections", std::to_string(group.database_connections)});
        settings.push_back({"database_pool.operator_connections", std::to_string(group.operator_connections)});
        settings.push_back({"database_pool.processes", std::to_string(processes)});
    }
    if (topology.nats)
        settings.push_back({"events", fmt::format("nats://marketday:{}@{}:{}", kPasswordMark,
                                                  topology.address_of(topology.nats->host), kNatsPort)});
    if (topology.redis)
        settings.push_back({"redis", fmt::format("redis://:{}@{}:{}", kPasswordMark,
                                                 topology.address_of(topology.redis->host), kRedisPort)});
    if (topology.varnish && group.has_role("worker")) settings.push_back({"cdn.purge", shop_url(topology)});
    if (topology.haproxy && group.has_role("web")) {
        settings.push_back({"http.proxy_protocol", "true"});
        settings.push_back({"http.trusted_proxies", topology.address_of(topology.haproxy->host)});
    }
    std::map<std::string, std::string> last;
    settings.insert(settings.end(), topology.settings.begin(), topology.settings.end());
    settings.insert(settings.end(), wishes.settings.begin(), wishes.settings.end());
    for (const Setting& setting : settings) last[setting.key] = setting.value;
    std::string text = "# Made by marketday fleet; what is changed here is lost.\n";
    for (const auto& [key, value] : last) {
        std::string quoted = value;
        for (std::size_t at = 0; (at = quoted.find('\'', at)) != std::string::npos; at += 2) quoted.insert(at, 1, '\'');
        text += fmt::format("{}: '{}'\n", key, quoted);
    }
    return text;
}

std::vector<Part> processes_of(const Topology& topology, const Wishes& wishes, const std::filesystem::path& directory) {
    std::vector<Part> parts;
    int kind = 0;
    for (const ProcessGroup& group : topology.processes) {
        // A process keeps its ports when others come and go.
        const int first_place = kPlacesAKind * kind++;
        const auto generation = wishes.generations.find(group.name);
        for (int i = 0; i < count_of(group, wishes); ++i) {
            Part part;
            part.kind = Part::Kind::process;
            part.name = fmt::format("{}-{}", group.name, i + 1);
            part.group = group.name;
            part.roles = group.roles;
            part.host = group.hosts[static_cast<std::size_t>(i) % group.hosts.size()];
            part.address = topology.address_of(part.host);
            part.descriptors = group.descriptors;
            part.user = "marketday";
            const int place = first_place + i / static_cast<int>(group.hosts.size());
            part.port = kFirstPort + place;
            part.admin_port = kFirstAdminPort + place;
            const std::string file = fmt::format("config/{}.yaml", part.name);
            part.files.push_back({file, config_of(topology, wishes, group, part, directory)});
            part.command = {"", "serve", "--config", (directory / file).string()};
            part.fingerprint =
                fingerprint_of(part, fmt::format("{} {}", wishes.program_mark,
                                                 generation == wishes.generations.end() ? 0 : generation->second));
            parts.push_back(std::move(part));
        }
    }
    return parts;
}

/// The primary, or with a `host` of its own the copy of this name.
Part postgres_of(const Topology& topology, const std::string& name, const std::string& host,
                 const std::filesystem::path& directory) {
    const PostgresPart& postgres = *topology.postgres;
    const bool is_primary = host == postgres.host;
    Part part;
    part.kind = is_primary ? Part::Kind::postgres : Part::Kind::replica;
    part.name = name;
    part.group = is_primary ? "postgres" : "replica";
    part.host = host;
    part.address = topology.address_of(host);
    part.port = kPostgresPort;
    part.descriptors = kDescriptorsMax;
    part.user = "postgres";
    part.version = std::to_string(postgres.version);
    const std::string data = (directory / part.data()).string();
    const std::string config = fmt::format("config/{}.conf", name);
    const std::string access = fmt::format("config/{}_hba.conf", name);
    std::string settings = postgres_config(topology, host, directory / part.data());
    if (!is_primary) {
        settings += postgres_following(topology, name, directory);
        part.files.push_back(
            {postgres_password_file(name), fmt::format("*:*:*:{}:{}\n", kReplicationRole, kReplicationPasswordMark)});
    }
    part.files.push_back({config, std::move(settings)});
    part.files.push_back({access, postgres_access(topology)});
    part.command = {fmt::format("/usr/lib/postgresql/{}/bin/postgres", postgres.version),
                    "-D",
                    data,
                    "-c",
                    fmt::format("config_file={}", (directory / config).string()),
                    "-c",
                    fmt::format("hba_file={}", (directory / access).string())};
    part.fingerprint = fingerprint_of(part, "");
    return part;
}

Part nats_of(const Topology& topology, const std::filesystem::path& directory) {
    Part part;
    part.kind = Part::Kind::nats;
    part.name = part.group = "nats";
    part.host = topology.nats->host;
    part.address = topology.address_of(part.host);
    part.port = kNatsPort;
    part.descriptors = kDescriptorsMax;
    part.user = "nats";
    part.version = topology.nats->version;
    // Without `always` a power cut takes back what was acknowledged.
    part.files.push_back(
        {"config/nats.conf", fmt::format("# Made by marketday fleet; what is changed here is lost.\n"
                                         "server_name: nats\nlisten: \"{}:{}\"\n"
                                         "authorization {{ user: marketday, password: \"{}\" }}\n"
                                         "jetstream {{ store_dir: \"{}\", sync_interval: always }}\n",
                                         part.address, part.port, kPasswordMark, (directory / part.data()).string())});
    part.command = {"/usr/sbin/nats-server", "-c", (directory / "config/nats.conf").string()};
    part.fingerprint = fingerprint_of(part, "");
    return part;
}

Part redis_of(const Topology& topology, const std::filesystem::path& directory) {
    Part part;
    part.kind = Part::Kind::redis;
    part.name = part.group = "redis";
    part.host = topology.redis->host;
    part.address = topology.address_of(part.host);
    part.port = kRedisPort;
    part.descriptors = kDescriptorsMax;
    part.user = "redis";
    part.version = topology.redis->version;
    // Never the only copy of anything, so nothing is written to disk.
    part.files.push_back(
        {"config/redis.conf", fmt::format("# Made by marketday fleet; what is changed here is lost.\n"
                                          "bind {}\nport {}\nrequirepass {}\ndir {}\ndaemonize no\nlogfile \"\"\n"
                                          "save \"\"\nappendonly no\nmaxmemory {}mb\nmaxmemory-policy allkeys-lru\n",
                                          part.address, part.port, kPasswordMark, (directory / part.data()).string(),
                                          topology.redis->memory_mib)});
    part.command = {"/usr/bin/redis-server", (directory / "config/redis.conf").string()};
    part.fingerprint = fingerprint_of(part, "");
    return part;
}

Part varnish_of(const Topology& topology, const std::filesystem::path& directory) {
    const VarnishPart& varnish = *topology.varnish;
    Part part;
    part.kind = Part::Kind::varnish;
    part.name = part.group = "varnish";
    part.host = varnish.host;
    part.address = topology.address_of(part.host);
    part.port = varnish.port;
    part.descriptors = varnish.descriptors;
    part.user = "varnish";
    part.version = varnish.version;
    part.files.push_back({"config/varnish.vcl", varnish_config(topology)});
    // One process group without a console: what is wanted of it stands in its file.
    part.command = {"/usr/sbin/varnishd", "-F", "-j", "none", "-n", (directory / part.data() / "work").string(), "-f",
                    (directory / "config/varnish.vcl").string(), "-a", fmt::format("{}:{}", part.address, part.port),
                    "-s", fmt::format("malloc,{}m", varnish.memory_mib), "-T", "none", "-p", "thread_pool_min=20", "-p",
                    "thread_pool_max=1500",
                    // Requests that find no thread wait; they are not dropped.
                    "-p", "thread_queue_limit=2000",
                    // As long as the load balancer keeps a silent connection.
                    "-p", "timeout_idle=75", "-p", "vsl_space=16m"};
    part.fingerprint = fingerprint_of(part, "");
    return part;
}

Part haproxy_of(const Topology& topology, const std::vector<Part>& processes, const std::filesystem::path& directory) {
    Part part;
    part.kind = Part::Kind::haproxy;
    part.name = part.group = "haproxy";
    part.host = topology.haproxy->host;
    part.address = topology.address_of(part.host);
    part.port = topology.haproxy->port;
    part.descriptors = topology.haproxy->descriptors;
    part.user = "haproxy";
    part.version = topology.haproxy->version;
    part.command = {"/usr/sbin/haproxy", "-db", "-f", (directory / "config/haproxy.cfg").string()};
    for (auto& file : haproxy_answers()) part.files.push_back(std::move(file));
    // Processes come and go through its socket: they are no reason to restart it.
    part.files.push_back({"config/haproxy.cfg", haproxy_config(topology, {}, directory)});
    part.fingerprint = fingerprint_of(part, "");
    std::vector<const Part*> servers;
    for (const Part& process : processes) {
        if (process.serves_shoppers()) servers.push_back(&process);
    }
    part.files.back().text = haproxy_config(topology, servers, directory);
    return part;
}

}  // namespace

bool Part::serves_shoppers() const { return std::ranges::find(roles, "web") != roles.end(); }

const Part* Layout::find(std::string_view part) const {
    const auto found = std::ranges::find(parts, part, &Part::name);
    return found == parts.end() ? nullptr : &*found;
}

const Host* Layout::find_host(std::string_view host) const {
    const auto found = std::ranges::find(hosts, host, &Host::name);
    return found == hosts.end() ? nullptr : &*found;
}

const Part* Layout::first_of(Part::Kind kind) const {
    const auto found = std::ranges::find(parts, kind, &Part::kind);
    return found == parts.end() ? nullptr : &*found;
}

std::vector<const Part*> Layout::web_processes() const {
    std::vector<const Part*> found;
    for (const Part& part : parts) {
        if (part.kind == Part::Kind::process && part.serves_shoppers()) found.push_back(&part);
    }
    return found;
}

std::string fleet_id(const std::filesystem::path& directory) { return hex_of(directory.string(), 3); }

Layout make_layout(const Topology& given, const Wishes& wishes, const std::filesystem::path& directory) {
    Topology topology = given;
    if (!wishes.network.empty()) topology.network = wishes.network;
    for (const auto& [group, count] : wishes.counts) {
        if (topology.find_group(group) == nullptr)
            throw std::runtime_error(
                fmt::format("{} has no processes \"{}\" (wanted {})", topology.name, group, count));
    }
    Layout layout;
    layout.name = topology.name;
    layout.id = fleet_id(directory);
    layout.bridge = "md" + layout.id;
    layout.gateway = topology.network + "1";
    layout.directory = directory;
    layout.shop_url = shop_url(topology);
    layout.origin_url = origin_url(topology);
    for (const std::string& host : topology.hosts) {
        layout.hosts.push_back({host, topology.address_of(host), fmt::format("md-{}-{}", layout.id, host),
                                fmt::format("md{}-{}", layout.id, layout.hosts.size() + 1)});
    }
    if (topology.postgres) {
        layout.parts.push_back(postgres_of(topology, "postgres", topology.postgres->host, directory));
        int number = 0;
        for (const std::string& host : topology.postgres->replicas)
            layout.parts.push_back(postgres_of(topology, fmt::format("replica-{}", ++number), host, directory));
    }
    if (topology.nats) layout.parts.push_back(nats_of(topology, directory));
    if (topology.redis) layout.parts.push_back(redis_of(topology, directory));
    const std::vector<Part> processes = processes_of(topology, wishes, directory);
    layout.parts.insert(layout.parts.end(), processes.begin(), processes.end());
    if (topology.haproxy) layout.parts.push_back(haproxy_of(topology, processes, directory));
    if (topology.varnish) layout.parts.push_back(varnish_of(topology, directory));
    for (Part& part : layout.parts) {
        if (part.kind == Part::Kind::process) continue;
        const std::set<std::string> names{part.group, part.name};
        for (const std::string& name : names) {
            const auto generation = wishes.generations.find(name);
            if (generation != wishes.generations.end()) part.fingerprint += fmt::format("-{}", generation->second);
        }
    }
    return layout;
}

}  // namespace marketday::fleet
