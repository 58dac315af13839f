#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.hpp"
#include "base/async/executor.hpp"
#include "base/async/frame_pool.hpp"
#include "base/trace.hpp"

namespace marketday {

template <class T>
class Task;

namespace detail {

struct TaskPromiseBase {
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }

    Executor* executor = nullptr;
    Trace* trace = nullptr;  // of the request that it works for, if any
    std::coroutine_handle<> parent;
    bool parent_suspended = false;
    std::exception_ptr failure;

    std::suspend_always initial_suspend() noexcept { return {}; }

    struct Final {
        bool await_ready() noexcept { return false; }
        template <class P>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<P> self) noexcept {
            TaskPromiseBase& promise = self.promise();
            if (promise.parent_suspended) return promise.parent;
            return std::noop_coroutine();
        }
        void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct TaskPromise : TaskPromiseBase {
    std::optional<T> value;
    Task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (failure) std::rethrow_exception(failure);
        return std::move(*value);
    }
};

template <>
struct TaskPromise<void> : TaskPromiseBase {
    Task<void> get_return_object() noexcept;
    void return_void() noexcept {}
    void take() {
        if (failure) std::rethrow_exception(failure);
    }
};

}  // namespace detail

/// A lazy coroutine: starts when awaited, runs on the awaiter's executor, resumes its awaiter when done. Awaited
/// exactly once. A child that ends without suspending never suspends its parent, so loops over ready tasks neither
/// grow the stack nor depend on tail calls (which GCC omits without optimisation).
template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::TaskPromise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        if (this != &other) {
            if (handle_) handle_.destroy();
            handle_ = std::exchange(other.handle_, nullptr);
        }
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> parent) {
        auto& promise = handle_.promise();
        promise.executor = parent.promise().executor;
        promise.trace = parent.promise().trace;
        promise.parent = parent;
        handle_.resume();
        if (handle_.done()) return false;
        promise.parent_suspended = true;
        return true;
    }
    T await_resume() { return handle_.promise().take(); }

private:
    Handle handle_;
};

namespace detail {
template <class T>
Task<T> TaskPromise<T>::get_return_object() noexcept {
    return Task<T>{std::coroutine_handle<TaskPromise<T>>::from_promise(*this)};
}
inline Task<void> TaskPromise<void>::get_return_object() noexcept {
    return Task<void>{std::coroutine_handle<TaskPromise<void>>::from_promise(*this)};
}
}  // namespace detail

/// `Executor& executor = co_await this_executor();`
struct this_executor {
    Executor* executor = nullptr;
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> self) noexcept {
        executor = self.promise().executor;
        return false;
    }
    Executor& await_resume() const noexcept { return *executor; }
};

/// Starts `task` soon on `executor` and lets it run by itself. An exception that leaves it is logged under `name`
/// (a string literal) and ends only this task. From any thread.
void spawn(Executor& executor, const char* name, Task<void> task);

/// Like `spawn`, but runs up to the task's first suspension inside the call. Only from a job of `executor`; for paths
/// where one more trip through the queue would be felt.
void spawn_now(Executor& executor, const char* name, Task<void> task);

}  // namespace marketday
