#pragma once

#include <unordered_map>

#include "base/async/sim_executor.hpp"

namespace marketday::simulation {

/// One process of a simulated machine: what runs in it goes through the world's executor, so all processes share one
/// time and one drawn order; but it can be killed alone, between any two steps, or stand still for a while.
class ProcessExecutor final : public Executor {
public:
    explicit ProcessExecutor(SimExecutor& world) : world_(world) {}
    ~ProcessExecutor() override { kill(); }

    void soon(Job job) override {
        const TimerId id = next_++;
        jobs_.emplace(id, Waiting{std::move(job), 0});
        world_.soon([this, id] { run(id); });
    }
    TimerId at(Instant when, Job job) override {
        const TimerId id = next_++;
        const TimerId timer = world_.at(when, [this, id] { run(id); });
        jobs_.emplace(id, Waiting{std::move(job), timer});
        return id;
    }
    void cancel(TimerId id) override {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return;
        if (found->second.timer != 0) world_.cancel(found->second.timer);
        jobs_.erase(found);
    }
    Instant now() const override { return world_.now(); }

    /// Everything that ran or waited in it is gone; what comes next is another life.
    void kill() {
        ++life_;
        destroy_roots();
        for (auto& [id, waiting] : jobs_)
            if (waiting.timer != 0) world_.cancel(waiting.timer);
        jobs_.clear();
        frozen_until_ = Instant{};
    }
    /// It does nothing until `when`, and does not notice.
    void freeze(Instant when) { frozen_until_ = when; }

    std::uint64_t life() const { return life_; }
    /// The process whose job runs now; null: the world's own.
    static ProcessExecutor* current() { return current_; }

private:
    struct Waiting {
        Job job;
        TimerId timer;  // 0: as soon as it is drawn
    };

    void run(TimerId id) {
        const auto found = jobs_.find(id);
        if (found == jobs_.end()) return;
        if (world_.now() < frozen_until_) {
            found->second.timer = world_.at(frozen_until_, [this, id] { run(id); });
            return;
        }
        Job job = std::move(found->second.job);
        jobs_.erase(found);
        ProcessExecutor* const before = std::exchange(current_, this);
        job();
        current_ = before;
    }

    static inline thread_local ProcessExecutor* current_ = nullptr;

    SimExecutor& world_;
    std::unordered_map<TimerId, Waiting> jobs_;
    TimerId next_ = 1;
    std::uint64_t life_ = 0;
    Instant frozen_until_{};
};

}  // namespace marketday::simulation
