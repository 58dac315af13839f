#include "fleet/fleet.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/time.hpp"
#include "fleet/host_network.hpp"
#include "fleet/keeper.hpp"
#include "fleet/machine.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kLook{100};
constexpr milliseconds kKeeperWithin{10'000};
constexpr milliseconds kAllReadyWithin{60'000};
constexpr milliseconds kStopWithin{15'000};

void no_check(std::string_view, std::string_view) {}

Topology topology_of(const Wanted& wanted) { return parse_topology(wanted.topology, wanted.file, no_check); }

bool is_all_ready(const State& state) {
    return std::ranges::all_of(state.parts, [](const PartState& part) { return part.condition == "ready"; });
}

std::string unready(const State& state) {
    std::string text;
    for (const PartState& part : state.parts) {
        if (part.condition != "ready")
            text += fmt::format("{}{} is {}", text.empty() ? "" : ", ", part.name, part.condition);
    }
    return text;
}

void need_program(const std::string& file, const std::string& package) {
    if (::access(file.c_str(), X_OK) != 0)
        throw std::runtime_error(fmt::format("{} is missing; install the package {}", file, package));
}

/// Under the machine's own architecture.
bool has_varnish_module(std::string_view name) {
    std::error_code failed;
    for (fs::directory_iterator entry{"/usr/lib", failed}, end; !failed && entry != end; entry.increment(failed)) {
        std::error_code ignored;
        if (fs::exists(entry->path() / "varnish/vmods" / fmt::format("libvmod_{}.so", name), ignored)) return true;
    }
    return false;
}

/// Everything that a fleet starts but does not bring along.
void check_machine(const Topology& topology) {
    need_program("/usr/sbin/ip", "iproute2");
    need_program("/usr/sbin/sysctl", "procps");
    if (topology.postgres)
        need_program(fmt::format("/usr/lib/postgresql/{}/bin/postgres", topology.postgres->version),
                     fmt::format("postgresql-{}", topology.postgres->version));
    if (topology.postgres) user_or_nobody("postgres");
    const auto need_version = [](const char* program, const char* flag, const std::string& wanted) {
        const std::string said = must_run({.command = {program, flag}}, "", milliseconds{5'000});
        const bool right = said.find(fmt::format("version {}.", wanted)) != std::string::npos ||
                           said.find(fmt::format(" v{}.", wanted)) != std::string::npos ||
                           said.find(fmt::format(" v={}.", wanted)) != std::string::npos ||
                           said.find(fmt::format("-{}.", wanted)) != std::string::npos;
        if (!right)
            throw std::runtime_error(fmt::format("the topology wants version {} of {}, this machine has: {}", wanted,
                                                 program, said.substr(0, said.find('\n'))));
    };
    if (topology.nats) {
        need_program("/usr/sbin/nats-server", "nats-server");
        user_or_nobody("nats");
        need_version("/usr/sbin/nats-server", "--version", topology.nats->version);
    }
    if (topology.redis) {
        need_program("/usr/bin/redis-server", "redis-server");
        user_or_nobody("redis");
        need_version("/usr/bin/redis-server", "--version", topology.redis->version);
    }
    if (topology.varnish) {
        need_program("/usr/sbin/varnishd", "varnish");
        need_program("/usr/bin/gcc", "gcc, with which varnish reads its configuration");
        if (!has_varnish_module("xkey"))
            throw std::runtime_error("varnish cannot purge by key here; install the package varnish-modules");
        user_or_nobody("varnish");
        need_version("/usr/sbin/varnishd", "-V", topology.varnish->version);
    }
    if (!topology.haproxy) return;
    need_program("/usr/sbin/haproxy", "haproxy");
    user_or_nobody("haproxy");
    need_version("/usr/sbin/haproxy", "-v", topology.haproxy->version);
}

/// `gently`: what is stored must be whole afterwards, else it is about to be deleted.
void end_all(const State& state, bool gently, const Fleet::Say& say) {
    // Shoppers' side first, the database last: nobody is told of a success that was not stored.
    for (const std::string_view kind : {"varnish", "haproxy", "process", "nats", "redis", "replica", "postgres"}) {
        std::vector<const PartState*> ending;
        for (const PartState& part : state.parts) {
            if (part.kind != kind || !runs(part.process)) continue;
            // A stopped one hears nothing.
            ::kill(part.process.pid, SIGCONT);
            ::kill(part.process.pid, !gently ? SIGKILL : kind == "postgres" || kind == "replica" ? SIGINT : SIGTERM);
            ending.push_back(&part);
        }
        const auto deadline = Clock::now() + kStopWithin;
        const auto any_runs = [&] {
            reap();
            return std::ranges::any_of(ending, [](const PartState* part) { return runs(part->process); });
        };
        while (any_runs() && Clock::now() < deadline) std::this_thread::sleep_for(kLook / 2);
        for (const PartState* part : ending)
            say(fmt::format("{} {}", part->name, runs(part->process) ? "did not end: killed" : "has ended"));
    }
}

}  // namespace

std::string program_mark() {
    struct stat file{};
    if (::stat("/proc/self/exe", &file) != 0) return {};
    return fmt::format("{} {} {}", file.st_ino, file.st_size, file.st_mtim.tv_sec);
}

Fleet::Fleet(fs::path directory) : directory_(fs::absolute(std::move(directory)).lexically_normal()) {}

fs::path Fleet::usual_directory(const std::string& name) { return fs::path{"/var/lib/marketday-fleet"} / name; }

void Fleet::need_root(std::string_view command) const {
    if (::geteuid() != 0)
        throw std::runtime_error(
            fmt::format("fleet {} makes network namespaces and starts engines as their own users, which only root may; "
                        "run it with sudo",
                        command));
}

Layout Fleet::layout() const {
    const Wanted now = wanted();
    if (now.topology.empty())
        throw std::runtime_error(
            fmt::format("no fleet is up in {}; `marketday fleet up TOPOLOGY` starts one", directory_.string()));
    return make_layout(topology_of(now), now.wishes, directory_);
}

std::string Fleet::database() const {
    const Layout now = layout();
    if (const Part* postgres = now.first_of(Part::Kind::postgres))
        return fmt::format("postgres://marketday:{}@{}:{}/marketday", database_password(directory_), postgres->address,
                           postgres->port);
    return (directory_ / now.parts.front().data() / "marketday.db").string();
}

std::vector<std::string> Fleet::plan(const Wanted& wanted) const {
    const Layout layout = make_layout(topology_of(wanted), wanted.wishes, directory_);
    std::vector<std::string> lines;
    for (const Step& step : fleet::plan(layout, state())) lines.push_back(describe(step, layout));
    return lines;
}

void Fleet::up(Wanted wanted, const Say& say) const {
    need_root("up");
    check_machine(topology_of(wanted));
    make_layout(topology_of(wanted), wanted.wishes, directory_);
    ask(std::move(wanted), say);
}

void Fleet::scale(const std::map<std::string, int>& counts, const Say& say) const {
    need_root("scale");
    layout();
    Wanted next = wanted();
    for (const auto& [group, count] : counts) next.wishes.counts[group] = count;
    make_layout(topology_of(next), next.wishes, directory_);
    ask(std::move(next), say);
}

void Fleet::restart(const std::string& group, const Say& say) const {
    need_root("restart");
    Wanted next = wanted();
    const Layout now = layout();
    const auto part =
        std::ranges::find_if(now.parts, [&group](const Part& one) { return one.group == group || one.name == group; });
    if (part == now.parts.end())
        throw std::runtime_error(
            fmt::format("there is no \"{}\" in {}; `marketday fleet status` lists what there is", group, next.file));
    if (part->name == group && part->kind == Part::Kind::process && part->group != group)
        throw std::runtime_error(
            fmt::format("processes are restarted by their kind, one after another: {}", part->group));
    ++next.wishes.generations[group];
    ask(std::move(next), say);
}

void Fleet::ask(Wanted wanted, const Say& say) const {
    std::error_code failed;
    fs::create_directories(directory_ / "logs", failed);
    if (failed) throw std::runtime_error(fmt::format("cannot make {}: {}", directory_.string(), failed.message()));
    // The engines' users pass through; what is theirs is theirs alone.
    for (const fs::path& folder : {directory_, directory_ / "logs"})
        fs::permissions(folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    wanted.serial = std::max(read_wanted(directory_).serial, read_state(directory_).wish) + 1;
    // From here on, whoever writes it.
    std::error_code none;
    const auto told = fs::file_size(directory_ / "logs" / "fleet.log", none);
    write_wanted(directory_, wanted);
    start_keeper();
    follow(wanted.serial, none ? 0 : told, say);
}

void Fleet::start_keeper() const {
    if (runs(state().keeper)) return;
    launch({.command = {"", "fleet", "keep", directory_.string()},
            .user = "root",
            .log = directory_ / "logs" / "keeper.log"});
    const auto deadline = Clock::now() + kKeeperWithin;
    while (!runs(state().keeper)) {
        if (Clock::now() > deadline)
            throw std::runtime_error(
                fmt::format("the fleet's keeper did not start; look at {}", (directory_ / "logs/keeper.log").string()));
        std::this_thread::sleep_for(kLook);
    }
}

void Fleet::follow(std::int64_t serial, std::uintmax_t told_bytes, const Say& say) const {
    std::ifstream log{directory_ / "logs" / "fleet.log"};
    log.seekg(static_cast<std::streamoff>(told_bytes));
    std::string line;
    const auto tell = [&] {
        for (std::string more; std::getline(log, more);) {
            line += more;
            if (log.eof()) break;
            // Without its time: it is now.
            say(line.substr(std::min(line.find(' '), line.size() - 1) + 1));
            line.clear();
        }
        log.clear();
    };
    std::optional<Clock::time_point> carried_out;
    for (;;) {
        const State now = state();
        tell();
        if (!runs(now.keeper))
            throw std::runtime_error(
                fmt::format("the fleet's keeper has ended; look at {}", (directory_ / "logs").string()));
        if (now.wish >= serial) {
            if (!now.problem.empty()) throw std::runtime_error(now.problem);
            if (is_all_ready(now)) return;
            if (!carried_out) carried_out = Clock::now();
            if (Clock::now() - *carried_out > kAllReadyWithin)
                throw std::runtime_error(unready(now) + "; `marketday fleet logs` says why");
        }
        std::this_thread::sleep_for(kLook);
    }
}

void Fleet::down(bool remove, const Say& say) const {
    need_root("down");
    State last;
    try {
        last = state();
    } catch (const std::runtime_error& damaged) {
        say(fmt::format("{}; everything in its network is ended instead", damaged.what()));
    }
    const std::string id = fleet_id(directory_);
    if (runs(last.keeper)) {
        ::kill(last.keeper.pid, SIGTERM);
        const auto deadline = Clock::now() + kStopWithin;
        while (runs(last.keeper) && Clock::now() < deadline) std::this_thread::sleep_for(kLook / 2);
        if (runs(last.keeper)) ::kill(last.keeper.pid, SIGKILL);
    }
    try {
        last = state();  // the keeper may have started something meanwhile
    } catch (const std::runtime_error&) {
    }
    end_all(last, !remove, say);
    const auto hosts = namespaces_of(id);
    remove_network(id);
    if (!hosts.empty()) say(fmt::format("{} hosts are gone", hosts.size()));
    reap();
    if (remove) {
        std::error_code failed;
        fs::remove_all(directory_, failed);
        if (failed)
            throw std::runtime_error(fmt::format("cannot remove {}: {}", directory_.string(), failed.message()));
        say(fmt::format("{} is gone, with all data", directory_.string()));
        return;
    }
    if (!fs::exists(directory_)) return;
    State empty;
    empty.id = id;
    empty.wish = read_wanted(directory_).serial;
    write_state(directory_, empty);
    say(fmt::format("data and logs stay in {}; --delete takes them too", directory_.string()));
}

}  // namespace marketday::fleet
