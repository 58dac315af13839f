#include "usecases/jobs_scheduler.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/log.hpp"

namespace marketday::usecases {

struct Scheduler::Loop {
    Job job;
    Figures figures;
    std::optional<ports::Fence> fence;
    Instant renew_at{};
    Instant lease_ends{};
    int failures_in_a_row = 0;
};

struct Scheduler::Shared {
    Shared(const Clock& c, Random& r, ports::Leases& l, Options o)
        : clock(c), random(r), leases(l), options(std::move(o)) {}
    const Clock& clock;
    Random& random;
    ports::Leases& leases;
    Options options;
    std::vector<Loop> loops;
    std::size_t running = 0;
    Event stopping;
    Event stopped;

    /// Between three and five quarters of `pause`, so that processes and jobs drift apart.
    milliseconds jittered(milliseconds pause) {
        const auto half = static_cast<std::uint64_t>(std::max<std::int64_t>(pause.count() / 2, 1));
        return milliseconds{pause.count() - pause.count() / 4 + static_cast<std::int64_t>(random.below(half))};
    }
    milliseconds pause_after(const Loop& loop) {
        const int doublings = std::min(loop.failures_in_a_row, 10);
        const milliseconds pause = std::max(milliseconds{1}, loop.job.every) * (1LL << doublings);
        return jittered(std::min(pause, std::max(options.pause_max, loop.job.every)));
    }
};

Scheduler::Scheduler(const Clock& clock, Random& random, ports::Leases& leases, Options options)
    : shared_(std::make_shared<Shared>(clock, random, leases, std::move(options))) {}

void Scheduler::add(Job job) {
    Loop loop;
    loop.figures.job = job.name;
    loop.job = std::move(job);
    shared_->loops.push_back(std::move(loop));
}

void Scheduler::start(Executor& executor, Roles roles) {
    std::erase_if(shared_->loops, [roles](const Loop& loop) {
        switch (loop.job.where) {
            case Where::one_scheduler: return !roles.scheduler;
            case Where::every_worker: return !roles.worker;
            case Where::every_web: return !roles.web;
        }
        MD_ASSERT(false);
    });
    shared_->running = shared_->loops.size();
    for (std::size_t i = 0; i < shared_->loops.size(); ++i)
        spawn(executor, shared_->loops[i].job.name, run(shared_, i));
}

Task<bool> Scheduler::stop(Instant deadline) {
    const auto shared = shared_;
    shared->stopping.set();
    if (shared->running == 0) co_return true;
    const bool ended = co_await shared->stopped.wait(deadline);
    co_return ended;
}

std::vector<Scheduler::Figures> Scheduler::figures() const {
    std::vector<Figures> figures;
    for (const auto& loop : shared_->loops) figures.push_back(loop.figures);
    return figures;
}

Task<bool> Scheduler::hold_lease(Shared& shared, Loop& loop) {
    if (loop.job.where != Where::one_scheduler) co_return true;
    const Instant now = shared.clock.now();
    if (loop.fence && now < loop.renew_at) co_return true;
    const auto length = shared.options.lease_length;
    if (loop.fence) {
        auto renewed = co_await shared.leases.renew(*loop.fence, shared.clock.wall_now(), length);
        if (!renewed) co_return now < loop.lease_ends;  // not reached: good until it ends
        if (*renewed) {
            loop.renew_at = now + length / 3;
            loop.lease_ends = now + length;
            co_return true;
        }
        log::warn("job.lease.lost", {{"job", loop.job.name}});
        loop.fence.reset();
    }
    auto granted =
        co_await shared.leases.acquire(loop.job.name, shared.options.holder, shared.clock.wall_now(), length);
    if (!granted || !*granted) co_return false;
    loop.fence = std::move(**granted);
    loop.renew_at = now + length / 3;
    loop.lease_ends = now + length;
    co_return true;
}

Task<void> Scheduler::run(std::shared_ptr<Shared> shared, std::size_t index) {
    Loop& loop = shared->loops[index];
    while (!shared->stopping.is_set()) {
        const bool holds = co_await hold_lease(*shared, loop);
        loop.figures.leading = holds;
        JobTurn turn;
        if (holds) {
            const Instant begun = shared->clock.now();
            const ports::Fence fence = loop.fence ? *loop.fence : ports::Fence{};
            try {
                turn = co_await loop.job.work(fence);
            } catch (const std::exception& failure) {
                log::error("job.failed", {{"job", loop.job.name}, {"reason", failure.what()}});
                turn.failed = true;
            }
            ++loop.figures.turns;
            loop.figures.items += turn.items;
            loop.figures.busy += shared->clock.now() - begun;
        }
        loop.failures_in_a_row = turn.failed ? loop.failures_in_a_row + 1 : 0;
        if (turn.failed) {
            ++loop.figures.failures;
            loop.renew_at = Instant::min();  // perhaps the lease is another's by now: look before the next turn
            if (loop.failures_in_a_row == 3) log::warn("job.failing", {{"job", loop.job.name}});
        }
        if (turn.more && !turn.failed) continue;
        const Instant wake = shared->clock.now() + shared->pause_after(loop);
        (void)co_await shared->stopping.wait(wake);
    }
    if (loop.fence) (void)co_await shared->leases.release(*loop.fence);
    loop.figures.leading = false;
    if (--shared->running == 0) shared->stopped.set();
}

}  // namespace marketday::usecases
