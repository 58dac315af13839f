#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "base/async/asio_executor.hpp"
#include "base/async/task.hpp"

namespace marketday {

namespace detail {
template <class T>
Task<void> keep_result(Task<T> task, std::optional<T>& result, boost::asio::io_context& io) {
    try {
        result.emplace(co_await std::move(task));
    } catch (...) {
        io.stop();
        throw;
    }
    io.stop();
}
}  // namespace detail

/// Runs one task to its end on an executor of its own and gives its result; for tests of adapters with threads.
template <class T>
T run_task(Task<T> task) {
    boost::asio::io_context io{1};
    const auto work = boost::asio::make_work_guard(io);
    AsioExecutor executor{io};
    std::optional<T> result;
    spawn(executor, "test", detail::keep_result(std::move(task), result, io));
    io.run();
    return std::move(result).value();
}

}  // namespace marketday
