#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "base/text.hpp"
#include "fleet/topology.hpp"

namespace marketday::fleet {
namespace {

// PostgreSQL keeps them for superusers; the program counts without them too.
constexpr int kSuperuserConnections = 3;
// Files, listeners, timers, the log, health checks.
constexpr int kOtherDescriptors = 300;
// What PostgreSQL gives senders of its log, less those that make a copy.
constexpr std::size_t kReplicasMax = 8;

[[noreturn]] void refuse(const std::string& file, int line, const std::string& why) {
    throw std::runtime_error(fmt::format("{}:{}: {}", file, line, why));
}

void check_placed(const Topology& topology, const std::string& file, int line, std::string_view what,
                  const std::string& host) {
    if (std::ranges::find(topology.hosts, host) != topology.hosts.end()) return;
    const std::vector<std::string_view> names(topology.hosts.begin(), topology.hosts.end());
    const auto near = nearest(host, names);
    refuse(file, line,
           near.empty()
               ? fmt::format("{} is placed on \"{}\", which is no host; there are {}", what, host,
                             fmt::join(topology.hosts, ", "))
               : fmt::format("{} is placed on \"{}\", which is no host; did you mean \"{}\"?", what, host, near));
}

/// What answers shoppers and what it asks must be able to die one without the other.
void check_varnish(const Topology& topology, const std::string& file) {
    const VarnishPart& varnish = *topology.varnish;
    check_placed(topology, file, varnish.line, "varnish", varnish.host);
    if (!topology.haproxy)
        refuse(file, varnish.line, "varnish has no origin to ask: add haproxy, or leave varnish out");
    if (topology.haproxy->host == varnish.host)
        refuse(file, varnish.line,
               fmt::format("varnish is placed on {}, beside haproxy: shoppers go to haproxy's own address when the CDN "
                           "is gone, so it needs a host of its own",
                           varnish.host));
}

void check_replicas(const Topology& topology, const std::string& file) {
    const PostgresPart& postgres = *topology.postgres;
    for (const std::string& host : postgres.replicas) {
        check_placed(topology, file, postgres.line, "a replica of postgres", host);
        if (host == postgres.host)
            refuse(file, postgres.line,
                   fmt::format("a replica is placed on {}, beside its primary: it would be lost with it", host));
        if (std::ranges::count(postgres.replicas, host) > 1)
            refuse(file, postgres.line, fmt::format("two replicas are placed on {}: one would be enough", host));
    }
    if (postgres.replicas.size() > kReplicasMax)
        refuse(file, postgres.line, fmt::format("at most {} replicas", kReplicasMax));
}

void check_placement(const Topology& topology, const std::string& file) {
    if (topology.postgres) check_placed(topology, file, topology.postgres->line, "postgres", topology.postgres->host);
    if (topology.haproxy) check_placed(topology, file, topology.haproxy->line, "haproxy", topology.haproxy->host);
    if (topology.nats) check_placed(topology, file, topology.nats->line, "nats", topology.nats->host);
    if (topology.redis) check_placed(topology, file, topology.redis->line, "redis", topology.redis->host);
    if (topology.varnish) check_varnish(topology, file);
    if (topology.postgres) check_replicas(topology, file);
    bool serves = false;
    for (const ProcessGroup& group : topology.processes) {
        for (const std::string& host : group.hosts) {
            check_placed(topology, file, group.line, group.name, host);
            if (topology.haproxy && topology.haproxy->host == host && group.has_role("web"))
                refuse(file, group.line,
                       fmt::format("{} is placed on {}, beside haproxy: a web process must be able to die without it; "
                                   "give it a host of its own",
                                   group.name, host));
        }
        serves = serves || (group.has_role("web") && group.count > 0);
    }
    if (!serves) refuse(file, 1, "no process has the role web: nobody could buy");
}

void check_roles(const Topology& topology, const std::string& file) {
    int processes = 0;
    bool schedules = false;
    bool works = false;
    for (const ProcessGroup& group : topology.processes) {
        processes += group.count_max;
        schedules = schedules || (group.has_role("scheduler") && group.count > 0);
        works = works || (group.has_role("worker") && group.count > 0);
    }
    if (!schedules) refuse(file, 1, "no process has the role scheduler: holds would never end");
    if (!works) refuse(file, 1, "no process has the role worker: no mail would leave");
    if (topology.nats && !topology.postgres)
        refuse(file, topology.nats->line, "nats carries events of a shop on postgres; add postgres, or leave nats out");
    if (!topology.postgres && processes > 1)
        refuse(file, topology.processes.back().line,
               "several processes need a database that they share: add postgres, or keep one process");
    const auto webs =
        std::ranges::count_if(topology.processes, [](const auto& group) { return group.has_role("web"); });
    if (webs > 1) refuse(file, topology.processes.back().line, "only one kind of process may have the role web");
    if (!topology.haproxy) {
        for (const ProcessGroup& group : topology.processes) {
            if (group.has_role("web") && group.count_max > 1)
                refuse(file, group.line, "several web processes need haproxy in front of them");
        }
    }
}

void check_database_connections(const Topology& topology, const std::string& file) {
    if (!topology.postgres) return;
    // The keeper asks the primary and each copy whether they take work.
    constexpr int kKeeper = 1;
    int sum = kKeeper;
    std::string reckoning;
    for (const ProcessGroup& group : topology.processes) {
        // With copies each process has one more, which asks how far the primary is.
        const int asking = topology.postgres->replicas.empty() ? 0 : 1;
        const int each = group.database_connections + group.operator_connections + asking;
        sum += group.count_max * each;
        reckoning += fmt::format("{}{} {} x {}", reckoning.empty() ? "" : " + ", group.name, group.count_max, each);
    }
    const int room = topology.postgres->max_connections - kSuperuserConnections;
    if (sum > room)
        refuse(file, topology.postgres->line,
               fmt::format("the processes may open {} connections ({} + keeper {}), but max_connections {} leaves {}; "
                           "raise it to {} or lower database_connections",
                           sum, reckoning, kKeeper, topology.postgres->max_connections, room,
                           sum + kSuperuserConnections));
    if (topology.postgres->replicas.empty()) return;
    // Beside them each process has one connection that asks how far a copy is.
    int reading = kKeeper;
    for (const ProcessGroup& group : topology.processes) reading += group.count_max * (group.replica_connections + 1);
    if (reading > room)
        refuse(file, topology.postgres->line,
               fmt::format("the processes may open {} connections to each replica, but max_connections {} leaves {}; "
                           "raise it to {} or lower replica_connections",
                           reading, topology.postgres->max_connections, room, reading + kSuperuserConnections));
}

void check_descriptors(const Topology& topology, const std::string& file) {
    const auto within = [&](int line, std::string_view what, int descriptors) {
        if (descriptors > kDescriptorsMax)
            refuse(file, line,
                   fmt::format("{} may have {} descriptors open at most, not {}", what, kDescriptorsMax, descriptors));
    };
    for (const ProcessGroup& group : topology.processes) within(group.line, group.name, group.descriptors);
    if (topology.varnish) within(topology.varnish->line, "varnish", topology.varnish->descriptors);
    if (!topology.haproxy) return;
    const HaproxyPart& haproxy = *topology.haproxy;
    within(haproxy.line, "haproxy", haproxy.descriptors);
    const int needed = 2 * haproxy.connections_max + kOtherDescriptors;
    if (needed > haproxy.descriptors)
        refuse(file, haproxy.line,
               fmt::format("haproxy needs two descriptors a connection: connections_max {} takes {}, and it has {}; "
                           "lower connections_max to {}",
                           haproxy.connections_max, needed, haproxy.descriptors,
                           (haproxy.descriptors - kOtherDescriptors) / 2));
    for (const ProcessGroup& group : topology.processes) {
        if (!group.has_role("web") || group.count == 0) continue;
        // One of two may be gone, and then the others have all of its connections.
        const int sharing = std::max(1, group.count - 1);
        const int each = (haproxy.connections_max + sharing - 1) / sharing + kOtherDescriptors;
        if (each > group.descriptors)
            refuse(
                file, group.line,
                fmt::format("when one of {} {} is gone, each of the others has {} connections, and descriptors is {}",
                            group.count, group.name, each, group.descriptors));
    }
}

void check_ports(const Topology& topology, const std::string& file) {
    if (!topology.haproxy) return;
    auto ports = topology.haproxy->tcp_ports;
    ports.push_back(topology.haproxy->port);
    std::ranges::sort(ports);
    if (std::ranges::adjacent_find(ports) != ports.end())
        refuse(file, topology.haproxy->line,
               fmt::format("haproxy has the port {} twice", *std::ranges::adjacent_find(ports)));
}

}  // namespace

void check_topology(const Topology& topology, const std::string& file) {
    check_placement(topology, file);
    check_roles(topology, file);
    check_database_connections(topology, file);
    check_descriptors(topology, file);
    check_ports(topology, file);
}

}  // namespace marketday::fleet
