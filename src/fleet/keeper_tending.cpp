// How a keeper looks after what runs: what died is started again, what stands still is ended first.
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <stdexcept>

#include "base/text.hpp"
#include "base/time.hpp"
#include "fleet/haproxy_config.hpp"
#include "fleet/haproxy_runtime.hpp"
#include "fleet/keeper.hpp"
#include "fleet/machine.hpp"
#include "fleet/probe.hpp"
#include "fleet/varnish_config.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds kProbeEvery{1'000};
constexpr milliseconds kProbeStartingEvery{200};
constexpr milliseconds kProbeWithin{500};
// The load balancer takes a silent process out after two seconds, so there is time to see whether it comes back.
constexpr milliseconds kSilentMax{20'000};
constexpr milliseconds kStartingMax{60'000};
constexpr milliseconds kLogsEvery{30'000};
constexpr std::uintmax_t kLogBytesMax = 64 << 20;

constexpr std::string_view kTakesNobody = "it takes nobody yet";

/// At once, then after 0.4 s, 0.8 s, … 6.4 s.
milliseconds pause_after(int deaths) {
    return deaths <= 1 ? milliseconds{0} : milliseconds{200} * (1 << std::min(deaths - 1, 5));
}

/// After a crash it answers long before it takes work.
std::optional<std::string> silence_of_postgres(const Part& part) {
    switch (ask_postgres(part.address, part.port, kProbeWithin)) {
        case PostgresAnswer::silence: return std::nullopt;
        case PostgresAnswer::refuses: return std::string{kTakesNobody};
        case PostgresAnswer::takes_work: break;
    }
    return std::string{};
}

bool rises(const PartState& part) { return part.condition == "starting" || part.condition.ends_with(kTakesNobody); }

/// Whether what was started is at the place where it should be.
bool stands_as(const PartState& running, const Part& wanted) {
    return running.host == wanted.host && running.address == wanted.address && running.port == wanted.port &&
           running.admin_port == wanted.admin_port;
}

}  // namespace

void Keeper::tend() {
    reap();
    for (PartState& part : state_.parts) {
        if (!in_hand_.contains(part.name)) tend_part(part);
    }
    shorten_logs();
}

void Keeper::tend_part(PartState& part) {
    Watch& watch = watches_[part.name];
    if (!runs(part.process)) {
        revive(part, watch);
        return;
    }
    if (Clock::now() - watch.probed < (rises(part) ? kProbeStartingEvery : kProbeEvery)) return;
    watch.probed = Clock::now();
    probe(part, watch);
}

void Keeper::revive(PartState& part, Watch& watch) {
    const Part* wanted = layout_.find(part.name);
    // What is to go is not started again, and what is to be elsewhere is started there, by whoever carries that out.
    if (wanted == nullptr || !stands_as(part, *wanted) ||
        std::ranges::find(state_.hosts, part.host) == state_.hosts.end())
        return;
    if (!watch.start_at) {
        ++watch.deaths;
        watch.start_at = Clock::now() + pause_after(watch.deaths);
        watch.silent_since.reset();
        part.condition = "dead";
        say(fmt::format("{} (process {}) has died", part.name, part.process.pid));
    }
    if (Clock::now() < *watch.start_at) return;
    watch.start_at.reset();
    try {
        // With what it should have now; and one that never was whole is still to be started by `up`.
        write_files(*wanted);
        part.process = launch_part(*wanted);
        if (!part.fingerprint.empty()) part.fingerprint = wanted->fingerprint;
        part.since_ms = to_unix_ms(SystemClock{}.wall_now());
        ++part.restarts;
        part.condition = "starting";
        say(fmt::format("{} was started again", part.name));
    } catch (const std::runtime_error& error) {
        part.condition = "dead";
        say(fmt::format("{} cannot be started again: {}", part.name, error.what()));
    }
}

/// What is wrong with it; empty when it answers as it should; nothing when it does not answer at all.
std::optional<std::string> Keeper::silence_of(const Part& part) const {
    switch (part.kind) {
        case Part::Kind::replica:
        case Part::Kind::postgres: return silence_of_postgres(part);
        case Part::Kind::redis:
            if (!redis_answers(part.address, part.port, kProbeWithin)) return std::nullopt;
            return std::string{};
        case Part::Kind::varnish:
            if (!http_get(part.address, part.port, std::string{kVarnishAlive}, kProbeWithin)) return std::nullopt;
            return std::string{};
        case Part::Kind::nats:
            if (!nats_answers(part.address, part.port, kProbeWithin)) return std::nullopt;
            return std::string{};
        case Part::Kind::haproxy:
            if (!HaproxyRuntime{directory_ / kHaproxySocket}.servers()) return std::nullopt;
            return std::string{};
        case Part::Kind::process: break;
    }
    const auto answer = http_get(part.address, part.admin_port, "/readyz", kProbeWithin);
    if (!answer) return std::nullopt;
    if (answer->status == 200) return std::string{};
    const auto reasons = answer->body.find("\"reasons\":[");
    if (reasons == std::string::npos) return fmt::format("/readyz answers {}", answer->status);
    const auto begin = reasons + 11;
    return answer->body.substr(begin, answer->body.find(']', begin) - begin);
}

void Keeper::probe(PartState& part, Watch& watch) {
    const Part* wanted = layout_.find(part.name);
    if (wanted == nullptr) return;
    // Where it runs, which is not where it is to go.
    Part running = *wanted;
    running.address = part.address;
    running.port = part.port;
    running.admin_port = part.admin_port;
    const auto found = silence_of(running);
    if (found) {
        if (watch.silent_since && part.condition == "silent") say(fmt::format("{} answers again", part.name));
        watch.silent_since.reset();
        if (rises(part) && found->empty()) say(fmt::format("{} is ready", part.name));
        part.condition = found->empty() ? "ready" : "not ready: " + *found;
        // Who has stood for a while is not about to die again.
        if (found->empty() && to_unix_ms(SystemClock{}.wall_now()) - part.since_ms > kSilentMax.count())
            watch.deaths = 0;
        return;
    }
    if (!watch.silent_since) {
        watch.silent_since = Clock::now();
        return;
    }
    const bool starting = part.condition == "starting";
    if (Clock::now() - *watch.silent_since < (starting ? kStartingMax : kSilentMax)) {
        if (!starting && part.condition != "silent") {
            part.condition = "silent";
            say(fmt::format("{} does not answer{}", part.name, is_stopped(part.process.pid) ? " (it is stopped)" : ""));
        }
        return;
    }
    say(fmt::format("{} has not answered for {} s: killed", part.name,
                    (starting ? kStartingMax : kSilentMax).count() / 1000));
    ::kill(part.process.pid, SIGKILL);
    watch.silent_since.reset();
}

/// What is written goes on at the beginning of an empty file; the last part is kept beside it.
void Keeper::shorten_logs() {
    if (Clock::now() - logs_looked_at_ < kLogsEvery) return;
    logs_looked_at_ = Clock::now();
    std::error_code failed;
    for (fs::directory_iterator entry{directory_ / "logs", failed}, end; !failed && entry != end;
         entry.increment(failed)) {
        if (entry->path().extension() != ".log" || entry->file_size(failed) < kLogBytesMax) continue;
        fs::copy_file(entry->path(), entry->path().string() + ".1", fs::copy_options::overwrite_existing, failed);
        fs::resize_file(entry->path(), 0, failed);
    }
}

void Keeper::save() {
    std::string now = fmt::format("{} {} {} {} {} {}\n{}", state_.network, state_.keeper.pid, state_.wish, state_.doing,
                                  state_.problem, state_.retry_at_ms, fmt::join(state_.hosts, " "));
    for (const PartState& part : state_.parts)
        now += fmt::format("\n{} {} {} {} {}", part.name, part.process.pid, part.fingerprint, part.restarts,
                           part.condition);
    if (now == saved_) return;
    write_state(directory_, state_);
    saved_ = std::move(now);
}

void Keeper::say(const std::string& what) const {
    std::ofstream log{directory_ / "logs" / "fleet.log", std::ios::app};
    log << to_rfc3339(to_unix_ms(SystemClock{}.wall_now())) << ' ' << what << '\n';
}

}  // namespace marketday::fleet
