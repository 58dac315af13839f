#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "fleet/topology.hpp"

namespace marketday::fleet {

/// What is wanted beside the topology itself: by `scale`, `restart` and rehearsals.
struct Wishes {
    std::map<std::string, int> counts;       // of a kind of process, instead of its count
    std::map<std::string, int> generations;  // of a kind of process: a higher one is a restart
    std::vector<Setting> settings;           // of every process, over the topology's
    std::string network = {};                // "10.77.9."; empty: the topology's
    std::string program_mark;                // what tells one build of the program from another
};

struct GeneratedFile {
    std::string path;  // from the fleet's directory
    std::string text;
};

/// One thing that runs: an engine or a process of ours.
struct Part {
    enum class Kind : std::uint8_t { postgres, replica, nats, redis, process, haproxy, varnish } kind = Kind::process;
    std::string name;   // "postgres", "web-1"
    std::string group;  // of a process: "web"
    std::vector<std::string> roles;
    std::string host;
    std::string address;
    int port = 0;         // where it serves
    int admin_port = 0;   // of a process: operators, /livez, /readyz, /metrics
    int descriptors = 0;  // its limit
    std::string user;     // whom it runs as
    std::string version;
    std::vector<std::string> command;  // program and arguments; the first is empty for this program itself
    std::vector<GeneratedFile> files;
    std::string fingerprint;  // what differs asks for a restart

    bool serves_shoppers() const;
    /// "data/web-1", from the fleet's directory.
    std::string data() const { return "data/" + name; }
};

struct Host {
    std::string name;
    std::string address;
    std::string network_namespace;  // "md-1a2b3c-web-a"
    std::string link;               // the machine's end of its cable, "md1a2b3c-2"
};

/// A topology, laid out on this machine: everything that `up` makes, and nothing that depends on what is there already.
struct Layout {
    std::string name;
    std::string id;  // six hexadecimal digits: marks whatever is this fleet's
    std::string bridge;
    std::string gateway;  // the machine's own address in the fleet's network
    std::filesystem::path directory;
    std::vector<Host> hosts;
    std::vector<Part> parts;  // in the order in which they start
    std::string shop_url;     // where shoppers go
    std::string origin_url;   // where they go when the CDN is gone; without one, the same

    const Part* find(std::string_view part) const;
    const Host* find_host(std::string_view host) const;
    const Part* first_of(Part::Kind kind) const;
    std::vector<const Part*> web_processes() const;
};

/// Stands in generated texts for the database's password, which is no part of a plan.
inline constexpr std::string_view kPasswordMark = "@DATABASE_PASSWORD@";
/// The same for who copies the database's log, and may do nothing else.
inline constexpr std::string_view kReplicationPasswordMark = "@REPLICATION_PASSWORD@";
/// What several processes of the shop share beside the database: pictures, and the books of the bank to rehearse with.
inline constexpr std::string_view kSharedFolder = "data/shared";
inline constexpr int kPostgresPort = 5432;
inline constexpr int kNatsPort = 4222;
inline constexpr int kRedisPort = 6379;

/// The id of the fleet that a directory holds.
std::string fleet_id(const std::filesystem::path& directory);

/// Throws std::runtime_error when the wishes go beyond the topology: an unknown kind of process, more than count_max.
Layout make_layout(const Topology& topology, const Wishes& wishes, const std::filesystem::path& directory);

}  // namespace marketday::fleet
