#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "base/time.hpp"
#include "fleet/fleet.hpp"
#include "fleet/haproxy_config.hpp"
#include "fleet/haproxy_runtime.hpp"
#include "fleet/machine.hpp"
#include "fleet/replica_setup.hpp"

namespace marketday::fleet {
namespace {

/// What the load balancer says of one web process, over all its backends.
struct Balanced {
    bool known = false;
    bool up = true;
    int requests = 0;
    int queued = 0;
    long long answered = 0;
};

Balanced balanced_of(const std::optional<ServerViews>& views, const std::string& server) {
    Balanced sum;
    if (!views) return sum;
    for (const auto& [backend, servers] : *views) {
        const auto found = servers.find(server);
        if (found == servers.end()) continue;
        sum.known = true;
        sum.up = sum.up && found->second.status.starts_with("UP");
        sum.requests += found->second.requests;
        sum.queued += found->second.queued;
        sum.answered += found->second.answered;
    }
    return sum;
}

std::string duration_text(std::int64_t ms) {
    const std::int64_t seconds = ms / 1000;
    if (seconds < 120) return fmt::format("{} s", seconds);
    if (seconds < 7200) return fmt::format("{} min", seconds / 60);
    if (seconds < 172'800) return fmt::format("{} h", seconds / 3600);
    return fmt::format("{} days", seconds / 86'400);
}

std::string json_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
    return out + "\"";
}

std::string table_of(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

/// Of a copy, how far it is behind: seconds, when it could be asked.
std::optional<double> lag_of(const Layout& layout, const PartState& part) {
    const Part* replica = layout.find(part.name);
    if (part.kind != "replica" || replica == nullptr || !runs(part.process) || ::geteuid() != 0) return std::nullopt;
    try {
        return lag_seconds(layout, *replica);
    } catch (const std::runtime_error&) {
        return std::nullopt;
    }
}

/// Where a part is to go that is still elsewhere.
std::optional<std::string> wanted_host_of(const Layout& layout, const PartState& part) {
    const Part* wanted = layout.find(part.name);
    return wanted == nullptr || wanted->host == part.host ? std::nullopt : std::optional{wanted->host};
}

/// In how many seconds what failed is tried again; nothing when nobody will.
std::optional<std::int64_t> retry_in_s(const State& now) {
    if (now.retry_at_ms == 0 || !runs(now.keeper)) return std::nullopt;
    return std::max<std::int64_t>(0, now.retry_at_ms - to_unix_ms(SystemClock{}.wall_now()) + 999) / 1000;
}

std::string condition_of(const PartState& part, const Balanced& balanced) {
    if (!runs(part.process)) return "dead";
    if (part.condition == "ready" && balanced.known && !balanced.up) return "ready, but gets no shoppers";
    return part.condition;
}

}  // namespace

std::string Fleet::status_text() const {
    const State now = state();
    if (now.parts.empty()) return fmt::format("nothing runs; {} is where it would\n", directory_.string());
    const auto views = HaproxyRuntime{directory_ / kHaproxySocket}.servers();
    const std::int64_t time_ms = to_unix_ms(SystemClock{}.wall_now());
    const Layout laid_out = layout();
    std::vector<std::vector<std::string>> rows{{"PART", "HOST", "ADDRESS", "STATE", "FOR", "RESTARTS", "MEMORY",
                                                "OPEN FILES", "UNDER WAY", "WAITING", "ANSWERED"}};
    for (const PartState& part : now.parts) {
        const bool alive = runs(part.process);
        const Balanced balanced = balanced_of(views, part.name);
        const auto lag = lag_of(laid_out, part);
        const auto wanted_host = wanted_host_of(laid_out, part);
        const auto number = [&](auto value) { return balanced.known ? std::to_string(value) : std::string{"-"}; };
        rows.push_back({part.name, wanted_host ? fmt::format("{}, to move to {}", part.host, *wanted_host) : part.host,
                        fmt::format("{}:{}", part.address, part.port),
                        condition_of(part, balanced) + (lag ? fmt::format(", {:.1f} s behind", *lag) : std::string{}),
                        alive ? duration_text(time_ms - part.since_ms) : "-", std::to_string(part.restarts),
                        alive ? fmt::format("{} MiB", memory_bytes_of(part.process.pid) >> 20) : "-",
                        alive ? std::to_string(descriptors_of(part.process.pid)) : "-", number(balanced.requests),
                        number(balanced.queued), number(balanced.answered)});
    }
    std::string text = table_of(rows);
    text += fmt::format("shoppers: {}\n", laid_out.shop_url);
    if (laid_out.origin_url != laid_out.shop_url)
        text += fmt::format("without the CDN: {} (the shop's name has both addresses, the CDN's first)\n",
                            laid_out.origin_url);
    for (const PartState& part : now.parts) {
        if (part.kind == "process") {
            text += fmt::format("operators: http://{}:{}/\n", part.address, part.admin_port);
            break;
        }
    }
    if (!now.doing.empty()) text += fmt::format("under way: {}\n", now.doing);
    if (!now.problem.empty()) text += fmt::format("problem: {}\n", now.problem);
    if (const auto retry = retry_in_s(now))
        text += fmt::format("tried {} times; again in {} s, or at once by `up`\n", now.failures, *retry);
    if (!runs(now.keeper)) text += "nobody watches: the keeper is gone; run `marketday fleet up` again\n";
    return text;
}

std::string Fleet::status_json() const {
    const State now = state();
    const auto views = HaproxyRuntime{directory_ / kHaproxySocket}.servers();
    std::string parts;
    const std::optional<Layout> laid_out = now.parts.empty() ? std::nullopt : std::optional{layout()};
    for (const PartState& part : now.parts) {
        const Balanced balanced = balanced_of(views, part.name);
        const auto lag = lag_of(*laid_out, part);
        const auto wanted_host = wanted_host_of(*laid_out, part);
        parts += fmt::format(
            R"({}{{"name":{},"kind":{},"host":{},"wanted_host":{},"address":"{}:{}","admin":{},"pid":{},"state":{},"restarts":{},"memory_bytes":{},)"
            R"("requests":{},"queued":{},"answered":{},"lag_seconds":{}}})",
            parts.empty() ? "" : ",", json_text(part.name), json_text(part.kind), json_text(part.host),
            json_text(wanted_host.value_or(part.host)), part.address, part.port,
            part.admin_port > 0 ? fmt::format("\"http://{}:{}\"", part.address, part.admin_port) : std::string{"null"},
            part.process.pid, json_text(condition_of(part, balanced)), part.restarts, memory_bytes_of(part.process.pid),
            balanced.requests, balanced.queued, balanced.answered,
            lag ? fmt::format("{:.3f}", *lag) : std::string{"null"});
    }
    const auto retry = retry_in_s(now);
    return fmt::format(R"({{"directory":{},"shop":{},"origin":{},"keeper":{},"problem":{},"failures":{},)"
                       R"("retry_in_seconds":{},"parts":[{}]}})",
                       json_text(directory_.string()), laid_out ? json_text(laid_out->shop_url) : "null",
                       laid_out ? json_text(laid_out->origin_url) : "null", runs(now.keeper), json_text(now.problem),
                       now.failures, retry ? std::to_string(*retry) : "null", parts);
}

}  // namespace marketday::fleet
