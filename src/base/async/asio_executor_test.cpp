#include "base/async/asio_executor.hpp"

#include <gtest/gtest.h>

#include <new>

namespace marketday {
namespace {

/// As the program does: without memory one job is given up, and the rest goes on.
int run_to_end(boost::asio::io_context& io) {
    for (int failed = 0;; ++failed) {
        try {
            io.run();
            return failed;
        } catch (const std::bad_alloc&) {
        }
    }
}

TEST(AsioExecutor, a_job_that_fails_takes_none_behind_it_with_it) {
    boost::asio::io_context io;
    AsioExecutor executor{io};
    int ran = 0;
    for (int i = 0; i < 3; ++i) {
        executor.soon([] { throw std::bad_alloc{}; });
        executor.soon([&] {
            ++ran;
            executor.soon([&ran] { ++ran; });
        });
    }
    EXPECT_EQ(run_to_end(io), 3);
    EXPECT_EQ(ran, 6);
}

TEST(AsioExecutor, a_timer_that_fails_takes_none_behind_it_with_it) {
    boost::asio::io_context io;
    AsioExecutor executor{io};
    const Instant now = executor.now();
    int ran = 0;
    for (int i = 0; i < 3; ++i) {
        executor.at(now + milliseconds{i}, [] { throw std::bad_alloc{}; });
        executor.at(now + milliseconds{i}, [&ran] { ++ran; });
    }
    EXPECT_EQ(run_to_end(io), 3);
    EXPECT_EQ(ran, 3);
}

}  // namespace
}  // namespace marketday
