#include "base/async/asio_executor.hpp"

#include <boost/asio/post.hpp>

#include "base/memory_reserve.hpp"

namespace marketday {

AsioExecutor::~AsioExecutor() { shut_down(); }

void AsioExecutor::shut_down() {
    destroy_roots();
    timers_.clear();
    timer_times_.clear();
    running_.clear();
    begun_ = 0;
    std::vector<Job> dropped;
    {
        const std::scoped_lock lock(mutex_);
        dropped.swap(ready_);
    }
}

void AsioExecutor::soon(Job job) noexcept {
    const MustSucceed scope;
    {
        const std::scoped_lock lock(mutex_);
        ready_.push_back(std::move(job));
        if (scheduled_) return;
        scheduled_ = true;
    }
    run_ready_soon();
}

void AsioExecutor::run_ready_soon() noexcept {
    from_reserve([this] { boost::asio::post(io_, [this] { run_ready(); }); });
}

void AsioExecutor::take_over() {
    running_.clear();
    begun_ = 0;
    const std::scoped_lock lock(mutex_);
    running_.swap(ready_);
    scheduled_ = false;
}

void AsioExecutor::run_ready() {
    if (begun_ == running_.size()) take_over();
    // Jobs that these jobs queue run after the sockets have had their turn.
    try {
        while (begun_ < running_.size()) {
            Job taken = std::move(running_[begun_++]);
            taken();
        }
    } catch (...) {
        run_ready_soon();  // Whoever waits for those behind it has nothing to do with its failure.
        throw;
    }
    MemoryReserve::refill();
}

Executor::TimerId AsioExecutor::at(Instant when, Job job) noexcept {
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
    try {
        while (!timers_.empty() && timers_.begin()->first.first <= current) {
            auto node = timers_.extract(timers_.begin());
            timer_times_.erase(node.key().second);
            node.mapped()();
        }
    } catch (...) {
        arm();  // The others are not to wait for ever because one failed.
        throw;
    }
    arm();
}

}  // namespace marketday
