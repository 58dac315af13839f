#include "base/async/sim_executor.hpp"

namespace marketday {

Executor::TimerId SimExecutor::at(Instant when, Job job) {
    const TimerId id = next_timer_++;
    // Two timers of one instant, and a timer of the past beside ready jobs, may run in either order.
    timers_.emplace(std::pair{when, id}, std::move(job));
    timer_times_.emplace(id, when);
    return id;
}

void SimExecutor::cancel(TimerId timer) {
    const auto time = timer_times_.find(timer);
    if (time == timer_times_.end()) return;
    timers_.erase({time->second, timer});
    timer_times_.erase(time);
}

WallTime SimExecutor::wall_now() const {
    return WallTime{std::chrono::duration_cast<milliseconds>(now_.time_since_epoch()) + wall_shift_};
}

bool SimExecutor::step() {
    std::size_t due = 0;
    for (auto at = timers_.begin(); at != timers_.end() && at->first.first <= now_; ++at) ++due;
    const std::size_t choices = ready_.size() + due;
    if (choices == 0) {
        if (timers_.empty()) return false;
        now_ = std::max(now_, timers_.begin()->first.first);
        return true;
    }
    std::size_t pick = random_.below(choices);
    Job job;
    if (pick < ready_.size()) {
        job = std::move(ready_[pick]);
        ready_.erase(ready_.begin() + static_cast<std::ptrdiff_t>(pick));
    } else {
        auto at = timers_.begin();
        std::advance(at, static_cast<std::ptrdiff_t>(pick - ready_.size()));
        timer_times_.erase(at->first.second);
        job = std::move(at->second);
        timers_.erase(at);
    }
    job();
    return true;
}

bool SimExecutor::step_until(Instant until) {
    if (ready_.empty() && (timers_.empty() || timers_.begin()->first.first > until)) {
        now_ = std::max(now_, until);
        return false;
    }
    return step();
}

std::size_t SimExecutor::run_until(Instant until) {
    std::size_t steps = 0;
    while (step_until(until)) ++steps;
    return steps;
}

void SimExecutor::stop() {
    destroy_roots();
    ready_.clear();
    timers_.clear();
    timer_times_.clear();
}

}  // namespace marketday
