#include "base/async/wait.hpp"

namespace marketday {

Task<void> sleep_for(std::chrono::nanoseconds duration) {
    Executor& executor = co_await this_executor();
    const Instant when = executor.now() + duration;
    co_await sleep_until(when);
}

void Event::set() {
    set_ = true;
    // Waiters leave the list here and are resumed by jobs of their own, so a waiter may wait again at once.
    while (!waiting_.empty()) {
        Wait* wait = waiting_.front();
        wait->leave();
        wait->timer_ = wait->executor_->at(Instant::min(), [wait] {
            wait->executor_ = nullptr;
            resume_under(wait->trace_, wait->handle_);
        });
    }
}

void Event::Wait::begin(Executor& executor, std::coroutine_handle<> self, Trace* trace) {
    executor_ = &executor;
    handle_ = self;
    trace_ = trace;
    place_ = event_.waiting_.insert(event_.waiting_.end(), this);
    queued_ = true;
    if (deadline_ != Instant::max()) {
        timer_ = executor.at(deadline_, [this] {
            timed_out_ = true;
            event_.waiting_.erase(place_);
            queued_ = false;
            executor_ = nullptr;
            resume_under(trace_, handle_);
        });
    }
}

void Event::Wait::leave() {
    event_.waiting_.erase(place_);
    queued_ = false;
    if (timer_ != 0) executor_->cancel(timer_);
    timer_ = 0;
}

Event::Wait::~Wait() {
    // Destroyed while suspended: the executor is taking its tasks down.
    if (queued_) event_.waiting_.erase(place_);
    if (executor_ != nullptr && timer_ != 0) executor_->cancel(timer_);
}

}  // namespace marketday
