#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <mutex>
#include <vector>

#include "base/async/executor.hpp"

namespace marketday {

/// The program's executor: jobs run on the thread that runs `io`. Jobs queued from other threads are taken over in one
/// go, so a batch of hundreds of verdicts costs one wake-up.
class AsioExecutor final : public Executor {
public:
    explicit AsioExecutor(boost::asio::io_context& io) : io_(io), timer_(io) {}
    ~AsioExecutor() override;

    /// Without memory and without a reserve both end the process: whoever waits for the job would wait for ever.
    void soon(Job job) noexcept override;
    TimerId at(Instant when, Job job) noexcept override;
    void cancel(TimerId timer) override;
    Instant now() const override { return std::chrono::steady_clock::now(); }

    /// Destroys every task and drops every job, while what they refer to still lives. After `io` has stopped, and after
    /// the threads that work for suspended tasks have ended.
    void shut_down();

private:
    void take_over();
    void run_ready();
    void run_ready_soon() noexcept;
    void arm();
    void fire();

    boost::asio::io_context& io_;
    boost::asio::steady_timer timer_;
    std::mutex mutex_;
    std::vector<Job> ready_;
    bool scheduled_ = false;
    std::vector<Job> running_;
    std::size_t begun_ = 0;  // of those
    std::map<std::pair<Instant, TimerId>, Job> timers_;
    std::map<TimerId, Instant> timer_times_;
    TimerId next_timer_ = 1;
    Instant armed_for_ = Instant::max();
};

}  // namespace marketday
