#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async/wait.hpp"
#include "base/random.hpp"
#include "ports/leases.hpp"

namespace marketday::usecases {

/// What one turn of a job did.
struct JobTurn {
    std::size_t items = 0;
    bool more = false;    // there is work left: run again at once
    bool failed = false;  // a port did not answer: wait longer before the next turn
};

/// Runs jobs at jittered intervals on one executor: most in the one process that holds the job's lease, some in every
/// process of a role.
class Scheduler {
public:
    using Work = std::function<Task<JobTurn>(ports::Fence)>;
    enum class Where : std::uint8_t {
        one_scheduler,  // under a lease, in one process of this role
        every_worker,   // its work is shared out by the event bus
        every_web,      // it looks after what the process itself has seen
    };
    struct Job {
        const char* name;  // a literal; also the lease's
        milliseconds every{1000};
        Work work;  // without a lease its fence is empty
        Where where = Where::one_scheduler;
    };
    /// What this process does.
    struct Roles {
        bool web = true;
        bool worker = true;
        bool scheduler = true;
    };
    struct Options {
        std::string holder;                 // this process; stable where only one can exist, so a restart need not wait
        milliseconds lease_length{15'000};  // a dead holder's jobs stand still at most this long
        milliseconds pause_max{10'000};     // after failures
    };
    struct Figures {
        std::string job;
        std::uint64_t turns = 0;
        std::uint64_t items = 0;
        std::uint64_t failures = 0;
        std::chrono::nanoseconds busy{0};
        bool leading = false;
    };

    Scheduler(const Clock& clock, Random& random, ports::Leases& leases, Options options);

    /// Before `start`.
    void add(Job job);
    void start(Executor& executor, Roles roles);
    void start(Executor& executor) { start(executor, Roles{}); }
    /// Lets every job finish its turn and gives its lease back. False when `deadline` came first. On the executor.
    Task<bool> stop(Instant deadline);
    /// On the executor.
    std::vector<Figures> figures() const;

private:
    struct Loop;
    struct Shared;
    static Task<void> run(std::shared_ptr<Shared> shared, std::size_t index);
    static Task<bool> hold_lease(Shared& shared, Loop& loop);

    std::shared_ptr<Shared> shared_;  // with the loops, whichever end last
};

}  // namespace marketday::usecases
