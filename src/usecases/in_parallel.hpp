#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/async/wait.hpp"
#include "base/log.hpp"

namespace marketday::usecases {

namespace detail {
template <class T>
struct ParallelState {
    std::vector<T> items;
    std::function<Task<void>(T)> work;
    std::size_t next = 0;
    std::size_t running = 0;
    Event done;
};

template <class T>
Task<void> parallel_worker(std::shared_ptr<ParallelState<T>> state, const char* name) {
    while (state->next < state->items.size()) {
        const std::size_t mine = state->next++;
        try {
            co_await state->work(std::move(state->items[mine]));
        } catch (const std::exception& failure) {
            log::error("task.failed", {{"task", name}, {"reason", failure.what()}});
        }
    }
    if (--state->running == 0) state->done.set();
}
}  // namespace detail

/// Does `work(item)` for all items on the caller's executor, at most `width` at once; returns when all have ended.
template <class T>
Task<void> in_parallel(const char* name, std::vector<T> items, std::size_t width, std::function<Task<void>(T)> work) {
    if (items.empty()) co_return;
    Executor& executor = co_await this_executor();
    auto state = std::make_shared<detail::ParallelState<T>>();
    state->items = std::move(items);
    state->work = std::move(work);
    state->running = std::min(width, state->items.size());
    const std::size_t workers = state->running;
    for (std::size_t i = 0; i < workers; ++i) spawn(executor, name, detail::parallel_worker<T>(state, name));
    (void)co_await state->done.wait();
}

}  // namespace marketday::usecases
