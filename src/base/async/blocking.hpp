#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/async/wait.hpp"
#include "base/memory_reserve.hpp"
#include "base/result.hpp"

namespace marketday {

/// Threads for work that would hold up an executor: disk, password hashes, images.
class BlockingPool {
public:
    virtual ~BlockingPool() = default;
    /// Runs `job` on some thread. False when its bounded queue is full: say "busy" to whoever asked. Thread-safe.
    virtual bool submit(Job job) = 0;
    /// Jobs that wait for a thread.
    virtual std::size_t waiting() const = 0;
};

class ThreadPool final : public BlockingPool {
public:
    struct Options {
        std::string name;  // Of its threads, at most 15 characters.
        std::size_t threads = 1;
        std::size_t waiting_max = 1024;
    };
    explicit ThreadPool(Options options);
    /// Finishes what it has begun, drops what waits.
    ~ThreadPool() override;
    /// The same, before the end of its life. Takes no more jobs.
    void stop();
    bool submit(Job job) override;
    std::size_t waiting() const override;

private:
    void run();

    Options options_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> jobs_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// Runs jobs on an executor instead of threads: the blocking work of a simulation.
class InlinePool final : public BlockingPool {
public:
    explicit InlinePool(Executor& executor) : executor_(executor) {}
    bool submit(Job job) override {
        executor_.soon(std::move(job));
        return true;
    }
    std::size_t waiting() const override { return 0; }

private:
    Executor& executor_;
};

enum class Busy { queue_full };

namespace detail {
/// What `function` throws goes into `failure`; through, when that is null.
template <class T, class F>
Result<T, Busy> outcome_of(F& function, std::exception_ptr* failure) {
    if (failure == nullptr) return Result<T, Busy>{std::in_place, function()};
    try {
        const GivesUp scope;
        return Result<T, Busy>{std::in_place, function()};
    } catch (...) {
        *failure = std::current_exception();
        return fail(Busy::queue_full);  // nobody sees it
    }
}
}  // namespace detail

/// `auto hash = co_await blocking(pool, [=] { return slow(); });` The function must own what it touches, and must not
/// throw, but for what a request may be given up for: that is thrown to the request. `Busy::queue_full` when the pool
/// cannot take it.
template <class F, class T = std::invoke_result_t<F&>>
Task<Result<T, Busy>> blocking(BlockingPool& pool, F function) {
    static_assert(!std::is_void_v<T>, "return something, so that the end is seen");
    using Outcome = Result<T, Busy>;
    Trace* const trace = current_trace();
    const Instant begun = trace != nullptr ? std::chrono::steady_clock::now() : Instant{};
    std::exception_ptr failure;
    std::exception_ptr* const to = trace != nullptr ? &failure : nullptr;
    Outcome outcome = co_await suspend_for<Outcome>([&pool, &function, to](Resumer<Outcome> resume) {
        const bool taken = pool.submit([resume, &function, to] { resume(detail::outcome_of<T>(function, to)); });
        if (!taken) resume(Outcome{fail(Busy::queue_full)});
    });
    if (failure) std::rethrow_exception(failure);
    if (trace != nullptr) trace->add("worker thread", begun, std::chrono::steady_clock::now());
    co_return std::move(outcome);
}

}  // namespace marketday
