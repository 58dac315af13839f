#include "fleet/keeper.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "base/random.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "fleet/fleet.hpp"
#include "fleet/haproxy_config.hpp"
#include "fleet/haproxy_runtime.hpp"
#include "fleet/host_network.hpp"
#include "fleet/machine.hpp"
#include "fleet/postgres_setup.hpp"
#include "fleet/probe.hpp"
#include "fleet/replica_setup.hpp"
#include "fleet/varnish_config.hpp"

namespace marketday::fleet {
namespace {

namespace fs = std::filesystem;

constexpr milliseconds kTick{100};
constexpr milliseconds kReadyWithin{60'000};
constexpr milliseconds kUpWithin{15'000};
// As long as a request of the program may take, and a little.
constexpr milliseconds kDrainWithin{15'000};
constexpr milliseconds kStopWithin{15'000};

volatile std::sig_atomic_t stop_asked = 0;
void ask_to_stop(int) { stop_asked = 1; }

/// 5 s, 10 s, 20 s, 40 s, then every minute.
milliseconds pause_after_failures(int failures) {
    constexpr milliseconds kFirst{5'000};
    constexpr milliseconds kMax{60'000};
    return std::min(kMax, kFirst * (1 << std::min(failures - 1, 4)));
}

std::int64_t now_ms() { return to_unix_ms(SystemClock{}.wall_now()); }

/// What asks a program to end in its own order.
int stop_signal(std::string_view kind) {
    if (kind == "postgres" || kind == "replica") return SIGINT;  // "fast": clients are told, nothing is lost
    if (kind == "haproxy") return SIGTERM;
    return SIGTERM;
}

/// Made once.
std::string secret_of(const fs::path& directory, const char* name) {
    const fs::path file = directory / "secrets" / name;
    std::ifstream stream{file};
    std::string password;
    if (stream >> password && !password.empty()) return password;
    std::array<std::uint8_t, 24> bytes{};
    SystemRandom{}.fill(bytes);
    password = to_hex(bytes);
    fs::create_directories(file.parent_path());
    fs::permissions(file.parent_path(), fs::perms::owner_all);
    write_whole(file, password + "\n", 0600);
    return password;
}

void put_in(std::string& text, std::string_view mark, const std::string& secret) {
    for (std::size_t at = 0; (at = text.find(mark, at)) != std::string::npos;) text.replace(at, mark.size(), secret);
}

}  // namespace

std::string database_password(const fs::path& directory) { return secret_of(directory, "database-password"); }
std::string replication_password(const fs::path& directory) { return secret_of(directory, "replication-password"); }

Keeper::Keeper(fs::path directory) : directory_(std::move(directory)) {}

int Keeper::run() {
    const int lock = ::open((directory_ / "keeper.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || ::flock(lock, LOCK_EX | LOCK_NB) != 0) {
        say("another keeper is there already");
        return 2;
    }
    std::signal(SIGTERM, ask_to_stop);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);
    // Whoever is started and forks away is still waited for by us.
    ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    state_ = read_state(directory_);
    state_.id = fleet_id(directory_);
    state_.keeper = {::getpid(), started_of(::getpid()).value_or(0)};
    state_.doing.clear();
    say("the keeper is there");
    for (bool first = true; stop_asked == 0; first = false) {
        read_wishes();
        if (topology_) {
            std::erase_if(state_.hosts, [this](const std::string& name) {
                const Host* host = layout_.find_host(name);
                return host != nullptr && !host_exists(*host);
            });
            if (first || has_to_converge()) converge();
            tend();
        }
        save();
        if (wanted_.owner.pid > 0 && !runs(wanted_.owner)) {
            state_.keeper = {};
            save();
            Fleet{directory_}.down(true, [](const std::string&) {});
            return 0;
        }
        std::this_thread::sleep_for(kTick);
    }
    state_.keeper = {};
    save();
    say("the keeper has gone");
    ::close(lock);
    return 0;
}

void Keeper::read_wishes() {
    Wanted read = read_wanted(directory_);
    if (read.serial == wanted_.serial || read.topology.empty()) return;
    wanted_ = std::move(read);
    // Settings were checked by whoever asked.
    topology_ = parse_topology(wanted_.topology, wanted_.file, [](std::string_view, std::string_view) {});
    layout_ = make_layout(*topology_, wanted_.wishes, directory_);
}

/// By a new wish at once; else when something is not as it was wished, after a pause when that has failed before.
bool Keeper::has_to_converge() {
    if (wanted_.serial != state_.wish) {
        state_.failures = 0;
        return true;
    }
    return Clock::now() >= retry_at_ && !plan(layout_, state_).empty();
}

void Keeper::try_again_later(const std::string& problem) {
    const milliseconds pause = pause_after_failures(++state_.failures);
    retry_at_ = Clock::now() + pause;
    state_.retry_at_ms = now_ms() + pause.count();
    state_.problem = problem;
    say(fmt::format("cannot go on: {}; tried again in {} s", problem, pause.count() / 1000));
}

void Keeper::converge() {
    bool database_began = false;
    state_.retry_at_ms = 0;
    try {
        if (const Part* haproxy = layout_.first_of(Part::Kind::haproxy); haproxy != nullptr && state_.find("haproxy")) {
            prepare(*haproxy);
            write_files(*haproxy);
        }
        for (auto steps = plan(layout_, state_); !steps.empty() && stop_asked == 0; steps = plan(layout_, state_)) {
            state_.problem.clear();
            state_.doing = describe(steps.front(), layout_);
            say(state_.doing);
            save();
            perform(steps.front());
            database_began = database_began || steps.front().subject == "postgres";
            read_wishes();
        }
        // What was set up need not be done again by a recovery.
        const Part* postgres = layout_.first_of(Part::Kind::postgres);
        if (database_began && postgres != nullptr && stop_asked == 0) write_down(layout_, *postgres);
        if (stop_asked == 0) state_.wish = wanted_.serial;
        state_.problem.clear();
        state_.failures = 0;
    } catch (const std::runtime_error& error) {
        state_.wish = wanted_.serial;
        try_again_later(error.what());
    }
    in_hand_.clear();
    state_.doing.clear();
    save();
}

void Keeper::perform(const Step& step) {
    const Part* part = layout_.find(step.subject);
    switch (step.kind) {
        case Step::Kind::add_host: add_host(step.subject); break;
        case Step::Kind::remove_host: remove_host(step.subject); break;
        case Step::Kind::start: start_part(*part); break;
        case Step::Kind::restart: restart_part(*part); break;
        case Step::Kind::stop: stop_part(step.subject, true); break;
    }
}

void Keeper::add_host(const std::string& name) {
    const Host& host = *layout_.find_host(name);
    make_bridge(layout_);
    state_.network = layout_.gateway.substr(0, layout_.gateway.size() - 1);
    make_host(layout_, host);
    std::erase(state_.hosts, name);
    state_.hosts.push_back(name);
}

void Keeper::remove_host(const std::string& name) {
    fleet::remove_host(fmt::format("md-{}-{}", state_.id, name));
    std::erase(state_.hosts, name);
    // Another network begins with a bridge of its own.
    if (!state_.hosts.empty()) return;
    remove_network(state_.id);
    state_.network.clear();
}

void Keeper::prepare(const Part& part) {
    const fs::path data = directory_ / part.data();
    for (const char* folder : {"config", "data", "logs"}) {
        fs::create_directories(directory_ / folder);
        fs::permissions(directory_ / folder, fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    }
    const std::string user = user_or_nobody(part.user);
    const auto make_own = [&user](const fs::path& folder) {
        if (fs::exists(folder)) return;
        fs::create_directory(folder);
        fs::permissions(folder, fs::perms::owner_all);
        give_to(folder, user);
    };
    make_own(data);
    if (part.kind != Part::Kind::process || !topology_->postgres) return;
    make_own(directory_ / kSharedFolder);
    make_own(directory_ / kSharedFolder / "images");
    if (fs::exists(fs::symlink_status(data / "images"))) return;
    fs::create_directory_symlink(directory_ / kSharedFolder / "images", data / "images");
    give_to(data / "images", user);
}

void Keeper::write_files(const Part& part) {
    for (const GeneratedFile& file : part.files) {
        std::string text = file.text;
        put_in(text, kPasswordMark, database_password(directory_));
        put_in(text, kReplicationPasswordMark, replication_password(directory_));
        write_whole(directory_ / file.path, text, 0400);
        give_to(directory_ / file.path, user_or_nobody(part.user));
    }
}

ProcessMark Keeper::launch_part(const Part& part) {
    const Host* host = layout_.find_host(part.host);
    return launch({.command = part.command,
                   .user = user_or_nobody(part.user),
                   .network_namespace = host->network_namespace,
                   .directory = directory_ / part.data(),
                   .log = directory_ / "logs" / (part.name + ".log"),
                   .descriptors = part.descriptors});
}

void Keeper::start_part(const Part& part) {
    in_hand_.insert(part.name);
    prepare(part);
    write_files(part);
    if (part.kind == Part::Kind::postgres) make_cluster(layout_, part);
    if (part.kind == Part::Kind::replica) make_replica(layout_, part, replication_password(directory_));
    PartState* known = state_.find(part.name);
    if (known == nullptr) known = &state_.parts.emplace_back();
    const int restarts = known->restarts;
    *known = {.name = part.name,
              .kind = std::string{name_of(part.kind)},
              .group = part.group,
              .host = part.host,
              .address = part.address,
              .port = part.port,
              .admin_port = part.admin_port,
              .serves_shoppers = part.serves_shoppers(),
              .fingerprint = "",  // until all of this is done
              .process = launch_part(part),
              .since_ms = now_ms(),
              .restarts = restarts,
              .condition = "starting"};
    watches_[part.name] = {};
    save();
    wait_until_ready(part);
    if (part.kind == Part::Kind::postgres) make_database(layout_, part, database_password(directory_));
    if (part.kind == Part::Kind::process && part.serves_shoppers() && balances()) add_server(part);
    state_.find(part.name)->fingerprint = part.fingerprint;
    in_hand_.erase(part.name);
}

void Keeper::restart_part(const Part& part) {
    const PartState running = *state_.find(part.name);
    const bool moves = running.address != part.address || running.port != part.port;
    stop_part(part.name, false);
    if (moves && running.serves_shoppers && balances()) take_from_balancer(part.name);
    start_part(part);
}

void Keeper::stop_part(const std::string& name, bool for_good) {
    in_hand_.insert(name);
    const PartState part = *state_.find(name);
    if (part.serves_shoppers && balances()) drain_server(part);
    if (runs(part.process)) {
        ::kill(part.process.pid, stop_signal(part.kind));
        // One that stands still hears nothing.
        if (!wait_for([&part] { return !runs(part.process); }, kStopWithin)) {
            say(fmt::format("{} did not end within {} s: killed", name, kStopWithin.count() / 1000));
            ::kill(part.process.pid, SIGKILL);
            wait_for([&part] { return !runs(part.process); }, kStopWithin);
        }
    }
    if (part.serves_shoppers && for_good && balances()) take_from_balancer(name);
    if (for_good) {
        const PartState* primary = state_.find("postgres");
        if (part.kind == "replica" && primary != nullptr && runs(primary->process)) forget_replica(layout_, name);
        std::erase_if(state_.parts, [&name](const PartState& other) { return other.name == name; });
        watches_.erase(name);
    }
    in_hand_.erase(name);
    save();
}

bool Keeper::is_ready(const Part& part, std::string& why_not) const {
    constexpr milliseconds kWithin{1'000};
    switch (part.kind) {
        case Part::Kind::postgres:
            why_not = "it does not take connections";
            return ask_postgres(part.address, part.port, kWithin) == PostgresAnswer::takes_work;
        case Part::Kind::replica:
            why_not = "it does not follow its primary";
            return ask_postgres(part.address, part.port, kWithin) == PostgresAnswer::takes_work &&
                   follows(layout_, part);
        case Part::Kind::redis: why_not = "it does not answer"; return redis_answers(part.address, part.port, kWithin);
        case Part::Kind::varnish: {
            why_not = "it does not answer";
            const auto alive = http_get(part.address, part.port, std::string{kVarnishAlive}, kWithin);
            return alive && alive->status == 200;
        }
        case Part::Kind::nats: why_not = "it does not greet"; return nats_answers(part.address, part.port, kWithin);
        case Part::Kind::haproxy: {
            why_not = "its runtime socket does not answer";
            return HaproxyRuntime{directory_ / kHaproxySocket}.servers().has_value();
        }
        case Part::Kind::process: break;
    }
    const auto answer = http_get(part.address, part.admin_port, "/readyz", kWithin);
    why_not = answer ? fmt::format("/readyz answers {}", answer->status) : "/readyz does not answer";
    return answer && answer->status == 200;
}

void Keeper::wait_until_ready(const Part& part) {
    std::string why_not;
    const auto begun = Clock::now();
    const ProcessMark process = state_.find(part.name)->process;
    const bool ready = wait_for(
        [&] {
            if (runs(process)) return is_ready(part, why_not);
            why_not = "it ended by itself";
            return true;
        },
        kReadyWithin);
    PartState& state = *state_.find(part.name);
    if (!ready || !runs(process))
        throw std::runtime_error(fmt::format("{} does not get ready: {}; look at `marketday fleet logs` or {}",
                                             part.name, why_not,
                                             (directory_ / "logs" / (part.name + ".log")).string()));
    state.condition = "ready";
    if (part.kind == Part::Kind::haproxy) {
        for (const Part* process_of : layout_.web_processes()) wait_until_up(*process_of);
    }
    say(fmt::format("  {} is ready after {:.1f} s", part.name,
                    std::chrono::duration<double>(Clock::now() - begun).count()));
    save();
}

bool Keeper::balances() const {
    const PartState* haproxy = state_.find("haproxy");
    return topology_ && topology_->haproxy && haproxy != nullptr && runs(haproxy->process);
}

std::vector<std::string> Keeper::backends() const { return haproxy_backends(*topology_); }

void Keeper::add_server(const Part& part) {
    const HaproxyRuntime haproxy{directory_ / kHaproxySocket};
    const auto views = haproxy.servers();
    for (const std::string& backend : backends()) {
        const bool known = views && views->contains(backend) && views->at(backend).contains(part.name);
        if (known)
            haproxy.ready(backend, part.name);
        else
            haproxy.add(backend, part.name, haproxy_server(*topology_, backend, part));
    }
    wait_until_up(part);
}

void Keeper::wait_until_up(const Part& part) {
    const HaproxyRuntime haproxy{directory_ / kHaproxySocket};
    const auto is_up = [&] {
        const auto views = haproxy.servers();
        return views && std::ranges::all_of(backends(), [&](const std::string& backend) {
                   const auto found = views->find(backend);
                   if (found == views->end()) return false;
                   const auto server = found->second.find(part.name);
                   return server != found->second.end() && server->second.status.starts_with("UP");
               });
    };
    if (!wait_for(is_up, kUpWithin))
        throw std::runtime_error(fmt::format("haproxy does not see {} as healthy; look at {}", part.name,
                                             (directory_ / "logs/haproxy.log").string()));
}

std::vector<std::string> Keeper::backends_with(const HaproxyRuntime& haproxy, const std::string& process) const {
    const auto views = haproxy.servers();
    std::vector<std::string> found;
    for (std::string& backend : backends())
        if (!views || (views->contains(backend) && views->at(backend).contains(process)))
            found.push_back(std::move(backend));
    return found;
}

void Keeper::take_from_balancer(const std::string& process) {
    const HaproxyRuntime haproxy{directory_ / kHaproxySocket};
    for (const std::string& backend : backends_with(haproxy, process)) haproxy.remove(backend, process);
}

void Keeper::drain_server(const PartState& part) {
    const HaproxyRuntime haproxy{directory_ / kHaproxySocket};
    for (const std::string& backend : backends_with(haproxy, part.name)) haproxy.drain(backend, part.name);
    const auto is_idle = [&] {
        const auto views = haproxy.servers();
        if (!views) return false;
        return std::ranges::none_of(*views, [&](const auto& backend) {
            const auto server = backend.second.find(part.name);
            return server != backend.second.end() && server->second.requests + server->second.queued > 0;
        });
    };
    if (!wait_for(is_idle, kDrainWithin))
        say(fmt::format("{} still had requests under way after {} s", part.name, kDrainWithin.count() / 1000));
}

bool Keeper::wait_for(const std::function<bool()>& done, milliseconds time) {
    const auto deadline = Clock::now() + time;
    for (;;) {
        if (done()) return true;
        if (Clock::now() > deadline || stop_asked != 0) return false;
        tend();
        save();
        std::this_thread::sleep_for(kTick / 2);
    }
}

}  // namespace marketday::fleet
