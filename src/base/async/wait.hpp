#pragma once

#include <coroutine>
#include <deque>
#include <list>
#include <optional>
#include <utility>

#include "base/async/task.hpp"

namespace marketday {

/// Hands a value to one suspended coroutine, once, from any thread. Made by `suspend_for`. The executor must outlive
/// it.
template <class T>
class Resumer {
public:
    Resumer(Executor& executor, std::optional<T>& slot, std::coroutine_handle<> handle, Trace* trace)
        : executor_(&executor), slot_(&slot), handle_(handle), trace_(trace) {}

    /// Queues the resumption; the coroutine goes on inside its own executor.
    void operator()(T value) const {
        executor_->soon([slot = slot_, handle = handle_, trace = trace_, kept = std::move(value)]() mutable {
            slot->emplace(std::move(kept));
            resume_under(trace, handle);
        });
    }
    /// Resumes within the call. Only from a job of the coroutine's own executor.
    void now(T value) const {
        slot_->emplace(std::move(value));
        resume_under(trace_, handle_);
    }
    Executor& executor() const { return *executor_; }

private:
    Executor* executor_;
    std::optional<T>* slot_;
    std::coroutine_handle<> handle_;
    Trace* trace_;
};

/// `T value = co_await suspend_for<T>([&](Resumer<T> resume) { … });` suspends, calls `start`, and goes on when
/// somebody calls the resumer. The resumer must be called exactly once, unless the executor is destroyed first.
template <class T, class F>
class SuspendFor {
public:
    explicit SuspendFor(F start) : start_(std::move(start)) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> self) {
        start_(Resumer<T>{*self.promise().executor, slot_, self, self.promise().trace});
    }
    T await_resume() { return std::move(*slot_); }

private:
    F start_;
    std::optional<T> slot_;
};
template <class T, class F>
auto suspend_for(F start) {
    return SuspendFor<T, F>{std::move(start)};
}

/// `co_await sleep_until(when)`.
class sleep_until {
public:
    explicit sleep_until(Instant when) : when_(when) {}
    ~sleep_until() {
        if (executor_ != nullptr) executor_->cancel(timer_);
    }
    sleep_until(const sleep_until&) = delete;
    sleep_until& operator=(const sleep_until&) = delete;
    bool await_ready() const noexcept { return false; }
    template <class P>
    void await_suspend(std::coroutine_handle<P> self) {
        executor_ = self.promise().executor;
        timer_ = executor_->at(when_, [this, self, trace = self.promise().trace] {
            executor_ = nullptr;
            resume_under(trace, self);
        });
    }
    void await_resume() const noexcept {}

private:
    Instant when_;
    Executor* executor_ = nullptr;
    Executor::TimerId timer_ = 0;
};

/// `co_await sleep_for(milliseconds{20})`.
Task<void> sleep_for(std::chrono::nanoseconds duration);

/// Set and reset by tasks of one executor; waited for by any number of them. Wakes waiters in the order they came.
class Event {
public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    void set();
    void reset() { set_ = false; }
    bool is_set() const { return set_; }

    /// True when set, false when `deadline` came first. `Instant::max()` waits without end.
    class Wait {
    public:
        Wait(Event& event, Instant deadline) : event_(event), deadline_(deadline) {}
        Wait(const Wait&) = delete;
        Wait& operator=(const Wait&) = delete;
        ~Wait();
        bool await_ready() const noexcept { return event_.set_; }
        template <class P>
        void await_suspend(std::coroutine_handle<P> self) {
            begin(*self.promise().executor, self, self.promise().trace);
        }
        bool await_resume() const noexcept { return !timed_out_; }

    private:
        friend class Event;
        void begin(Executor& executor, std::coroutine_handle<> self, Trace* trace);
        void leave();

        Event& event_;
        Instant deadline_;
        Executor* executor_ = nullptr;
        std::coroutine_handle<> handle_;
        Trace* trace_ = nullptr;
        Executor::TimerId timer_ = 0;
        std::list<Wait*>::iterator place_;
        bool queued_ = false;
        bool timed_out_ = false;
    };
    Wait wait(Instant deadline = Instant::max()) { return Wait{*this, deadline}; }

private:
    std::list<Wait*> waiting_;
    bool set_ = false;
};

/// A bounded first-in, first-out queue between tasks of one executor. When full, `try_push` refuses: the caller says
/// so to whoever asked.
template <class T>
class Queue {
public:
    explicit Queue(std::size_t items_max) : items_max_(items_max) {}

    /// False when full or closed; `item` is moved from only on success.
    bool try_push(T&& item) {
        if (closed_ || items_.size() >= items_max_) return false;
        items_.push_back(std::move(item));
        ready_.set();
        return true;
    }
    /// The oldest item; nothing when `deadline` passed, or when the queue is closed and empty.
    Task<std::optional<T>> pop(Instant deadline = Instant::max()) {
        while (items_.empty()) {
            if (closed_) co_return std::nullopt;
            ready_.reset();
            const bool woken = co_await ready_.wait(deadline);
            if (!woken) co_return std::nullopt;
        }
        std::optional<T> item{std::move(items_.front())};
        items_.pop_front();
        co_return item;
    }
    /// Everything that waits, oldest first.
    std::deque<T> take_all() { return std::exchange(items_, {}); }
    std::size_t size() const { return items_.size(); }
    bool empty() const { return items_.empty(); }
    /// Refuses further items and wakes whoever waits; what is queued can still be popped.
    void close() {
        closed_ = true;
        ready_.set();
    }

private:
    std::size_t items_max_;
    std::deque<T> items_;
    Event ready_;
    bool closed_ = false;
};

}  // namespace marketday
