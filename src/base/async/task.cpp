#include "base/async/task.hpp"

#include "base/log.hpp"
#include "base/memory_reserve.hpp"

namespace marketday {
namespace {

/// The outermost frame of a spawned task; destroys itself at the end.
struct Root {
    struct promise_type {
        Executor* executor = nullptr;
        Trace* trace = nullptr;
        RootFrame frame;

        Root get_return_object() noexcept { return Root{std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept {
            executor->release(frame);
            return {};
        }
        void return_void() noexcept {}
        void unhandled_exception() noexcept { std::terminate(); }  // run_root catches everything.
    };
    std::coroutine_handle<promise_type> handle;
};

Root run_root(const char* name, Task<void> task) {
    try {
        co_await task;
    } catch (const std::exception& failure) {
        const MustSucceed scope;
        log::error("task.failed", {{"task", name}, {"reason", failure.what()}});
    } catch (...) {
        log::error("task.failed", {{"task", name}, {"reason", "unknown exception"}});
    }
}

std::coroutine_handle<Root::promise_type> make_root(Executor& executor, const char* name, Task<void> task) {
    const Root root = run_root(name, std::move(task));
    root.handle.promise().executor = &executor;
    root.handle.promise().frame.handle = root.handle;
    return root.handle;
}

/// Owns a root that has not begun, so that a job dropped at shutdown frees its frame.
struct Unstarted {
    std::coroutine_handle<Root::promise_type> handle;
    explicit Unstarted(std::coroutine_handle<Root::promise_type> h) : handle(h) {}
    Unstarted(Unstarted&& other) noexcept : handle(std::exchange(other.handle, nullptr)) {}
    Unstarted& operator=(Unstarted&&) = delete;
    ~Unstarted() {
        if (handle) handle.destroy();
    }
};

void start(std::coroutine_handle<Root::promise_type> handle) {
    handle.promise().executor->adopt(handle.promise().frame);
    resume_under(nullptr, handle);
}

}  // namespace

void spawn(Executor& executor, const char* name, Task<void> task) {
    executor.soon([root = Unstarted{make_root(executor, name, std::move(task))}]() mutable {
        start(std::exchange(root.handle, nullptr));
    });
}

void spawn_now(Executor& executor, const char* name, Task<void> task) {
    start(make_root(executor, name, std::move(task)));
}

Executor::~Executor() { MD_ASSERT(roots_ == nullptr); }

void Executor::adopt(RootFrame& root) {
    root.next = roots_;
    if (roots_ != nullptr) roots_->previous = &root;
    roots_ = &root;
}

void Executor::release(RootFrame& root) {
    (root.previous != nullptr ? root.previous->next : roots_) = root.next;
    if (root.next != nullptr) root.next->previous = root.previous;
}

void Executor::destroy_roots() {
    while (roots_ != nullptr) {
        RootFrame& root = *roots_;
        release(root);
        root.handle.destroy();
    }
}

}  // namespace marketday
