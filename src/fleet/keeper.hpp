#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fleet/haproxy_runtime.hpp"
#include "fleet/layout.hpp"
#include "fleet/plan.hpp"
#include "fleet/state.hpp"

namespace marketday::fleet {

/// The one process that starts, watches and restarts what a fleet is made of. It lives from `up` to `down`, reads what
/// is wanted from the fleet's directory and writes there what is; when it dies, everything else runs on, and another
/// one takes over. Needs root. One a directory, of a program of one thread.
class Keeper {
public:
    explicit Keeper(std::filesystem::path directory);

    /// Until SIGTERM; what it keeps runs on. Its exit code.
    int run();

private:
    using Clock = std::chrono::steady_clock;
    struct Watch {
        Clock::time_point probed{};
        std::optional<Clock::time_point> silent_since;
        std::optional<Clock::time_point> start_at;  // of one that died
        int deaths = 0;                             // in a row
    };

    // What is wanted.
    void read_wishes();
    bool has_to_converge();
    void converge();
    void try_again_later(const std::string& problem);
    void perform(const Step& step);
    void add_host(const std::string& name);
    void remove_host(const std::string& name);
    void start_part(const Part& part);
    void restart_part(const Part& part);
    void stop_part(const std::string& name, bool for_good);

    // One part.
    void prepare(const Part& part);
    void write_files(const Part& part);
    ProcessMark launch_part(const Part& part);
    void wait_until_ready(const Part& part);
    bool is_ready(const Part& part, std::string& why_not) const;
    std::optional<std::string> silence_of(const Part& part) const;

    // HAProxy.
    bool balances() const;
    void add_server(const Part& part);
    void drain_server(const PartState& part);
    /// Where it is listed now; all, when HAProxy does not say.
    std::vector<std::string> backends_with(const HaproxyRuntime& haproxy, const std::string& process) const;
    void take_from_balancer(const std::string& process);
    void wait_until_up(const Part& part);
    std::vector<std::string> backends() const;

    // What is.
    void tend();
    void tend_part(PartState& state);
    void revive(PartState& state, Watch& watch);
    void probe(PartState& state, Watch& watch);
    /// Looks after everything else until `done` or the time is up; whether it was done.
    bool wait_for(const std::function<bool()>& done, std::chrono::milliseconds time);
    void shorten_logs();
    void save();
    void say(const std::string& what) const;

    std::filesystem::path directory_;
    State state_;
    std::string saved_;
    Wanted wanted_;
    std::optional<Topology> topology_;
    Layout layout_;
    std::map<std::string, Watch, std::less<>> watches_;
    std::set<std::string, std::less<>> in_hand_;  // parts that converge() works on: not to be looked after
    Clock::time_point logs_looked_at_{};
    Clock::time_point retry_at_{};  // what failed is not tried before
};

/// A random password, made once and kept in the fleet's directory.
std::string database_password(const std::filesystem::path& directory);
/// The same for who copies the database's log.
std::string replication_password(const std::filesystem::path& directory);

}  // namespace marketday::fleet
