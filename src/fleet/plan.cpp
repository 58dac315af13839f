#include "fleet/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace marketday::fleet {
namespace {

std::string why_restarted(const Part& part, const Layout& layout) {
    switch (part.kind) {
        case Part::Kind::postgres: return "its configuration changed; the shop pauses meanwhile";
        case Part::Kind::replica: return "its configuration changed; others are read meanwhile";
        case Part::Kind::redis: return "its configuration changed; it begins empty";
        case Part::Kind::varnish:
            return "its configuration changed; it begins empty, shoppers go to the origin meanwhile";
        case Part::Kind::nats: return "its configuration changed; events wait meanwhile";
        case Part::Kind::haproxy: return "its configuration changed; open connections are cut";
        case Part::Kind::process: break;
    }
    if (!part.serves_shoppers()) return "its configuration or the program changed";
    return layout.web_processes().size() > 1 && layout.first_of(Part::Kind::haproxy) != nullptr
               ? "its configuration or the program changed; drained first, the others serve meanwhile"
               : "its configuration or the program changed; nobody else serves meanwhile";
}

}  // namespace

std::vector<Step> plan(const Layout& layout, const State& state) {
    std::vector<Step> steps;
    // Another network moves everything.
    const bool moved = !state.network.empty() && state.network + "1" != layout.gateway;
    const auto keeps = [&](const PartState& running) {
        const Part* wanted = layout.find(running.name);
        return !moved && wanted != nullptr && wanted->host == running.host;
    };
    const auto has_host = [&](const std::string& host) {
        return !moved && std::ranges::find(state.hosts, host) != state.hosts.end();
    };
    if (moved) {
        for (const PartState& running : state.parts)
            steps.push_back({Step::Kind::stop, running.name, "the fleet moves to another network"});
        for (const std::string& host : state.hosts) steps.push_back({Step::Kind::remove_host, host, ""});
    }
    for (const Host& host : layout.hosts) {
        if (!has_host(host.name)) steps.push_back({Step::Kind::add_host, host.name, ""});
    }
    for (const Part& part : layout.parts) {
        const PartState* running = state.find(part.name);
        if (running == nullptr || moved)
            steps.push_back({Step::Kind::start, part.name, ""});
        else if (!keeps(*running))
            steps.push_back({Step::Kind::restart, part.name, "it moves to another host"});
        else if (running->fingerprint != part.fingerprint)
            steps.push_back({Step::Kind::restart, part.name, why_restarted(part, layout)});
    }
    if (moved) return steps;
    for (const PartState& running : state.parts) {
        if (layout.find(running.name) == nullptr)
            steps.push_back({Step::Kind::stop, running.name,
                             running.serves_shoppers ? "drained first: what is under way is answered" : ""});
    }
    for (const std::string& host : state.hosts) {
        if (layout.find_host(host) == nullptr) steps.push_back({Step::Kind::remove_host, host, ""});
    }
    return steps;
}

std::string describe(const Step& step, const Layout& layout) {
    const std::string why = step.why.empty() ? "" : fmt::format(": {}", step.why);
    const Part* part = layout.find(step.subject);
    switch (step.kind) {
        case Step::Kind::add_host: {
            const Host* host = layout.find_host(step.subject);
            return fmt::format("+ host {} ({})", step.subject, host == nullptr ? "" : host->address);
        }
        case Step::Kind::start:
            if (part == nullptr) return "+ start " + step.subject;
            return fmt::format("+ start {} on {} ({}:{}){}", step.subject, part->host, part->address, part->port, why);
        case Step::Kind::restart: return fmt::format("~ restart {}{}", step.subject, why);
        case Step::Kind::stop: return fmt::format("- stop {}{}", step.subject, why);
        case Step::Kind::remove_host: return fmt::format("- host {}", step.subject);
    }
    return {};
}

}  // namespace marketday::fleet
