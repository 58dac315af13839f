#include "fleet/host_network.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <filesystem>
#include <thread>

#include "fleet/machine.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr milliseconds kWithin{10'000};
constexpr std::string_view kNamespaces = "/run/netns";
const std::string kIp = "/usr/sbin/ip";

void ip_batch(const std::string& lines) { must_run({.command = {kIp, "-batch", "-"}, .user = "root"}, lines, kWithin); }

std::string ip(const std::vector<std::string>& words) {
    std::vector<std::string> command{kIp};
    command.insert(command.end(), words.begin(), words.end());
    return must_run({.command = command, .user = "root"}, "", kWithin);
}

bool has_link(const std::string& name) { return fs::exists("/sys/class/net/" + name); }

}  // namespace

void make_bridge(const Layout& layout) {
    if (has_link(layout.bridge)) return;
    const std::string network = layout.gateway.substr(0, layout.gateway.rfind('.') + 1);
    const std::string taken = ip({"-4", "-o", "address", "show"});
    if (const auto at = taken.find(" " + network); at != std::string::npos) {
        const auto begin = taken.rfind('\n', at) + 1;
        throw std::runtime_error(
            fmt::format("the network {}0/24 is taken on this machine ({}); give the topology another \"network\", or "
                        "take the other "
                        "fleet down",
                        network, taken.substr(begin, at - begin)));
    }
    ip_batch(fmt::format("link add {0} type bridge forward_delay 0\naddress add {1}/24 dev {0}\nlink set {0} up\n",
                         layout.bridge, layout.gateway));
}

std::string free_network() {
    const std::string taken = ip({"-4", "-o", "address", "show"});
    // Not always the same one first: another rehearsal may be looking too.
    constexpr int kFirst = 128;
    constexpr int kCount = 120;
    for (int i = 0; i < kCount; ++i) {
        const std::string network = fmt::format("10.77.{}.", kFirst + (::getpid() + i) % kCount);
        if (taken.find(" " + network) == std::string::npos) return network;
    }
    throw std::runtime_error("no network 10.77.128.0/24 to 10.77.247.0/24 is free; take other fleets down");
}

bool host_exists(const Host& host) {
    const std::string file = fmt::format("{}/{}", kNamespaces, host.network_namespace);
    // A name whose namespace is gone is an empty file on another file system.
    struct stat name_space{};
    struct stat ours{};
    return ::stat(file.c_str(), &name_space) == 0 && ::stat("/proc/self/ns/net", &ours) == 0 &&
           name_space.st_dev == ours.st_dev && has_link(host.link);
}

void make_host(const Layout& layout, const Host& host) {
    remove_host(host.network_namespace);
    if (has_link(host.link)) ip({"link", "delete", host.link});
    ip_batch(
        fmt::format("netns add {0}\n"
                    "link add {1} type veth peer name eth0 netns {0}\n"
                    "link set {1} master {2} up\n",
                    host.network_namespace, host.link, layout.bridge));
    must_run({.command = {kIp, "-n", host.network_namespace, "-batch", "-"}, .user = "root"},
             fmt::format("link set lo up\naddress add {}/24 dev eth0\nlink set eth0 up\nroute add default via {}\n",
                         host.address, layout.gateway),
             kWithin);
    // Nobody there is root, and the shop's port is 80; many short connections leave from one address.
    must_run({.command = {"/usr/sbin/sysctl", "-q", "-w", "net.ipv4.ip_unprivileged_port_start=0",
                          "net.ipv4.ip_local_port_range=1024 65000"},
              .user = "root",
              .network_namespace = host.network_namespace},
             "", kWithin);
}

std::vector<pid_t> processes_in(const std::string& network_namespace) {
    std::vector<pid_t> found;
    struct stat wanted{};
    if (::stat(fmt::format("{}/{}", kNamespaces, network_namespace).c_str(), &wanted) != 0) return found;
    std::error_code failed;
    for (fs::directory_iterator entry{"/proc", failed}, end; !failed && entry != end; entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        pid_t pid = 0;
        const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (error != std::errc{} || rest != name.data() + name.size()) continue;
        struct stat actual{};
        if (::stat(fmt::format("/proc/{}/ns/net", pid).c_str(), &actual) == 0 && actual.st_ino == wanted.st_ino &&
            actual.st_dev == wanted.st_dev)
            found.push_back(pid);
    }
    return found;
}

void remove_host(const std::string& network_namespace) {
    const std::string file = fmt::format("{}/{}", kNamespaces, network_namespace);
    if (!fs::exists(file)) return;
    // A process may be starting another just now.
    for (int round = 0; round < 200; ++round) {
        const auto pids = processes_in(network_namespace);
        if (pids.empty()) break;
        for (const pid_t pid : pids) ::kill(pid, SIGKILL);
        reap();
        std::this_thread::sleep_for(milliseconds{5});
    }
    ip({"netns", "delete", network_namespace});
}

std::vector<std::string> namespaces_of(std::string_view fleet_id) {
    std::vector<std::string> found;
    const std::string prefix = fmt::format("md-{}-", fleet_id);
    std::error_code failed;
    for (fs::directory_iterator entry{kNamespaces, failed}, end; !failed && entry != end; entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with(prefix)) found.push_back(name);
    }
    return found;
}

void remove_network(std::string_view fleet_id) {
    for (const std::string& name : namespaces_of(fleet_id)) remove_host(name);
    const std::string bridge = fmt::format("md{}", fleet_id);
    std::vector<std::string> links;
    std::error_code failed;
    for (fs::directory_iterator entry{"/sys/class/net", failed}, end; !failed && entry != end;
         entry.increment(failed)) {
        const std::string name = entry->path().filename().string();
        if (name.starts_with(bridge)) links.push_back(name);
    }
    // Cables vanish with their other end, a moment later.
    for (const std::string& link : links) run({.command = {kIp, "link", "delete", link}, .user = "root"}, "", kWithin);
}

}  // namespace marketday::fleet
