#include "drills/topology_faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>

#include "drills/interrupt.hpp"
#include "drills/topology_rehearsal.hpp"

namespace marketday::drills {
namespace {

using fleet::Fleet;
using fleet::Layout;
using fleet::Part;
using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Say = std::function<void(const std::string&)>;

constexpr milliseconds kHealedWithin{60'000};
constexpr milliseconds kLook{50};
// Longer than the load balancer bears a silent process, and than the database lets a holder be.
constexpr milliseconds kWebStandsFor{8'000};
// Longer than a lease (15 s), shorter than what the keeper ends a process for.
constexpr milliseconds kSchedulerStandsFor{18'000};

pid_t pid_of(const Fleet& fleet, const std::string& part) {
    const auto state = fleet.state();
    const auto* running = state.find(part);
    if (running == nullptr || running->process.pid <= 0)
        throw std::runtime_error(fmt::format("{} does not run, so it cannot be broken", part));
    return running->process.pid;
}

/// Until the keeper has started it again and it is ready.
void wait_until_back(const Fleet& fleet, const std::string& part, pid_t killed) {
    const auto deadline = steady_clock::now() + kHealedWithin;
    for (;;) {
        const auto state = fleet.state();
        const auto* running = state.find(part);
        if (running != nullptr && running->process.pid != killed && running->condition == "ready") return;
        if (steady_clock::now() > deadline)
            throw std::runtime_error(
                fmt::format("{} did not come back within {} s", part, kHealedWithin.count() / 1000));
        pause(kLook);
    }
}

Break kill_of(const std::string& part, double at_share, const Say& say) {
    return {fmt::format("{} killed (kill -9)", part), at_share, [part, say](const Fleet& fleet) {
                const pid_t pid = pid_of(fleet, part);
                ::kill(pid, SIGKILL);
                const auto begun = steady_clock::now();
                wait_until_back(fleet, part, pid);
                say(fmt::format("{} is back after {:.1f} s", part,
                                std::chrono::duration<double>(steady_clock::now() - begun).count()));
            }};
}

Break freeze_of(const std::string& part, milliseconds time, const Say& say) {
    return {fmt::format("{} frozen for {} s", part, time.count() / 1000), 0.3, [part, time, say](const Fleet& fleet) {
                const pid_t pid = pid_of(fleet, part);
                ::kill(pid, SIGSTOP);
                pause(time);
                ::kill(pid, SIGCONT);
                say(fmt::format("{} goes on", part));
            }};
}

/// The processes of one role, in their order.
std::vector<std::string> with_role(const Layout& layout, std::string_view role) {
    std::vector<std::string> names;
    for (const Part& part : layout.parts) {
        if (std::ranges::find(part.roles, role) != part.roles.end()) names.push_back(part.name);
    }
    return names;
}

std::vector<std::string> all(const Layout& layout, Part::Kind kind, std::string_view fault) {
    std::vector<std::string> names;
    for (const Part& part : layout.parts) {
        if (part.kind == kind) names.push_back(part.name);
    }
    if (names.empty()) throw std::runtime_error(fmt::format("{} has no {} to break", layout.name, fault));
    return names;
}

std::string only(const Layout& layout, Part::Kind kind, std::string_view fault) {
    const Part* part = layout.first_of(kind);
    if (part == nullptr) throw std::runtime_error(fmt::format("{} has no {} to break", layout.name, fault));
    return part->name;
}

std::vector<Break> kills_of(const std::vector<std::string>& parts, const Say& say) {
    std::vector<Break> breaks;
    for (std::size_t i = 0; i < parts.size(); ++i)
        breaks.push_back(
            kill_of(parts[i], 0.7 * static_cast<double>(i + 1) / static_cast<double>(parts.size() + 1), say));
    return breaks;
}

}  // namespace

const std::vector<TopologyFault>& topology_faults() {
    static const std::vector<TopologyFault> faults{
        {"web", "kill -9 of each web process, one after another"},
        {"worker", "kill -9 of each worker"},
        {"postgres", "kill -9 of the database"},
        {"replica", "kill -9 of each copy of the database, one after another"},
        {"redis", "kill -9 of what the processes share and can lose; it comes back empty"},
        {"nats", "kill -9 of what carries events"},
        {"haproxy", "kill -9 of the load balancer"},
        {"varnish", "kill -9 of the CDN; shoppers go to the origin"},
        {"frozen-web", "a web process stands still for 8 s and goes on"},
        {"frozen-scheduler", "the scheduler stands still for 18 s, another takes over, it goes on"},
        {"rolling", "all web processes are restarted, one after another; not one request may fail"},
    };
    return faults;
}

fleet::Wishes wishes_of(const std::string& fault, const fleet::Topology& topology) {
    fleet::Wishes wishes;
    if (fault != "frozen-scheduler") return wishes;
    for (const auto& group : topology.processes) {
        if (group.has_role("scheduler") && group.count == 1 && group.count_max > 1) wishes.counts[group.name] = 2;
    }
    return wishes;
}

std::vector<Break> breaks_of(const std::string& fault, const Layout& layout, const Say& say) {
    if (fault.empty()) return {};
    if (fault == "web") return kills_of(with_role(layout, "web"), say);
    if (fault == "worker") return kills_of(with_role(layout, "worker"), say);
    if (fault == "postgres") return {kill_of(only(layout, Part::Kind::postgres, fault), 0.4, say)};
    if (fault == "replica") return kills_of(all(layout, Part::Kind::replica, fault), say);
    if (fault == "redis") return {kill_of(only(layout, Part::Kind::redis, fault), 0.4, say)};
    if (fault == "varnish") return {kill_of(only(layout, Part::Kind::varnish, fault), 0.4, say)};
    if (fault == "nats") return {kill_of(only(layout, Part::Kind::nats, fault), 0.4, say)};
    if (fault == "haproxy") return {kill_of(only(layout, Part::Kind::haproxy, fault), 0.4, say)};
    if (fault == "frozen-web") return {freeze_of(with_role(layout, "web").front(), kWebStandsFor, say)};
    if (fault == "frozen-scheduler")
        return {freeze_of(with_role(layout, "scheduler").front(), kSchedulerStandsFor, say)};
    if (fault == "rolling") {
        const std::vector<std::string> web = with_role(layout, "web");
        if (web.size() < 2)
            throw std::runtime_error(
                fmt::format("{} has one web process: nobody serves while it restarts", layout.name));
        const std::string group = layout.find(web.front())->group;
        return {{"all web processes restarted", 0.3, [group, say](const Fleet& fleet) { fleet.restart(group, say); }}};
    }
    std::string names;
    for (const auto& known : topology_faults()) names += fmt::format("{}{}", names.empty() ? "" : ", ", known.name);
    throw std::runtime_error(fmt::format("there is no fault \"{}\"; there are {}", fault, names));
}

}  // namespace marketday::drills
