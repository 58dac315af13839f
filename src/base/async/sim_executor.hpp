#pragma once

#include <map>
#include <vector>

#include "base/async/executor.hpp"
#include "base/random.hpp"

namespace marketday {

/// The executor of a simulation: one thread, virtual time, and the order of whatever is ready drawn from a seed. The
/// same seed replays the same run.
class SimExecutor final : public Executor, public Clock {
public:
    explicit SimExecutor(std::uint64_t seed) : random_(seed) {}
    ~SimExecutor() override { stop(); }

    void soon(Job job) override { ready_.push_back(std::move(job)); }
    TimerId at(Instant when, Job job) override;
    void cancel(TimerId timer) override;
    Instant now() const override { return now_; }
    /// Virtual calendar time; `shift_wall` lets it jump while monotonic time goes on.
    WallTime wall_now() const override;
    void shift_wall(milliseconds by) { wall_shift_ += by; }

    /// Runs one ready job, or steps time to the next timer and runs it. False when nothing is left to do.
    bool step();
    /// The same, unless what comes next comes after `until`: then time stands at `until`, and it is false.
    bool step_until(Instant until);
    /// Runs until nothing is left or virtual time passes `until`. The number of steps.
    std::size_t run_until(Instant until);
    std::size_t run_for(std::chrono::nanoseconds duration) { return run_until(now_ + duration); }
    /// Drops all jobs, timers and tasks: what a killed process does.
    void stop();

private:
    SeededRandom random_;
    Instant now_{std::chrono::hours{1}};
    milliseconds wall_shift_{1'770'000'000'000};
    std::vector<Job> ready_;
    std::map<std::pair<Instant, TimerId>, Job> timers_;
    std::map<TimerId, Instant> timer_times_;
    TimerId next_timer_ = 1;
};

}  // namespace marketday
