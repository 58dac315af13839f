#include "base/async/asio_executor.hpp"

#include <boost/asio/post.hpp>

#include "base/memory_reserve.hpp"

namespace marketday {

AsioExecutor::~AsioExecutor() { shut_down(); }

void AsioExecutor::shut_down() {
    destroy_roots();
    timers_.clear();
    timer_times_.clear();
    std::vector<Job> dropped;
    {
        const std::scoped_lock lock(mutex_);
        dropped.swap(ready_);
    }
}

void AsioExecutor::soon(Job job) {
    const MustSucceed scope;  // Whoever waits for this job would wait for ever.
    {
        const std::scoped_lock lock(mutex_);
        ready_.push_back(std::move(job));
        if (scheduled_) return;
        scheduled_ = true;
    }
    from_reserve([this] { boost::asio::post(io_, [this] { run_ready(); }); });
}

void AsioExecutor::run_ready() {
    {
        const std::scoped_lock lock(mutex_);
        running_.swap(ready_);
        scheduled_ = false;
    }
    // Jobs that these jobs queue run after the sockets have had their turn.
    for (auto& job : running_) {
        Job taken = std::move(job);
        taken();
    }
    running_.clear();
}

Executor::TimerId AsioExecutor::at(Instant when, Job job) {
    const MustSucceed scope;
    const TimerId id = next_timer_++;
    timers_.emplace(std::pair{when, id}, std::move(job));
    timer_times_.emplace(id, when);
    if (when < armed_for_) arm();
    return id;
}

void AsioExecutor::cancel(TimerId timer) {
    const auto time = timer_times_.find(timer);
    if (time == timer_times_.end()) return;
    timers_.erase({time->second, timer});
    timer_times_.erase(time);
}

void AsioExecutor::arm() {
    if (timers_.empty()) {
        armed_for_ = Instant::max();
        return;
    }
    armed_for_ = timers_.begin()->first.first;
    timer_.expires_at(armed_for_);
    from_reserve([this] {
        timer_.async_wait([this](const boost::system::error_code& error) {
            if (!error) fire();
        });
    });
}

void AsioExecutor::fire() {
    const Instant current = now();
    while (!timers_.empty() && timers_.begin()->first.first <= current) {
        auto node = timers_.extract(timers_.begin());
        timer_times_.erase(node.key().second);
        node.mapped()();
    }
    arm();
}

}  // namespace marketday
