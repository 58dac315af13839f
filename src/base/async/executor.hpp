#pragma once

#include <coroutine>
#include <cstdint>
#include <functional>

#include "base/time.hpp"

namespace marketday {

using Job = std::move_only_function<void()>;

struct RootFrame;

/// Where coroutines run. Runs one job at a time, so tasks of one executor never race with each other. Everything in
/// `base/async` is built on `soon` and `at`; simulation replaces the executor and nothing else.
class Executor {
public:
    using TimerId = std::uint64_t;

    Executor() = default;
    Executor(const Executor&) = delete;
    Executor& operator=(const Executor&) = delete;
    virtual ~Executor();

    /// Runs `job` soon on this executor, never inside the call. From any thread.
    virtual void soon(Job job) = 0;
    /// Runs `job` at `when` or shortly after. Only from this executor's own jobs (or before it runs).
    virtual TimerId at(Instant when, Job job) = 0;
    /// Forgets a timer; one that has fired already is no error. Same threads as `at`.
    virtual void cancel(TimerId timer) = 0;
    virtual Instant now() const = 0;

    /// Spawned coroutines that have not ended. Used by `spawn` only.
    void adopt(RootFrame& root);
    void release(RootFrame& root);

protected:
    /// Destroys the frames of spawned coroutines that are still suspended. An executor calls it in its destructor,
    /// while its timers can still be cancelled.
    void destroy_roots();

private:
    RootFrame* roots_ = nullptr;
};

/// A spawned coroutine in its executor's list.
struct RootFrame {
    std::coroutine_handle<> handle;
    RootFrame* previous = nullptr;
    RootFrame* next = nullptr;
};

}  // namespace marketday
