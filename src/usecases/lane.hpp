#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/async/wait.hpp"
#include "base/memory_reserve.hpp"
#include "base/result.hpp"

namespace marketday::usecases {

enum class LaneError : std::uint8_t {
    busy,             // the lane is at its maximum depth: nothing was begun
    too_late,         // the deadline passed while it waited: nothing was begun
    unavailable,      // the store did nothing
    outcome_unknown,  // may have happened; repeat with the same keys
};

/// How a lane is doing; written by its executor, read from any thread.
struct LaneFigures {
    std::atomic<std::size_t> depth{0};
    std::atomic<std::uint64_t> batches{0};
    std::atomic<std::uint64_t> items{0};
    std::atomic<std::uint64_t> refused_busy{0};
    std::atomic<std::uint64_t> send_ns{0};  // sum over batches, from sending to verdicts
    std::atomic<std::int64_t> last_send_us{0};
    std::atomic<std::size_t> last_batch{0};
};

/// Gathers what arrives while the last batch is being written and sends it as one: natural group commit. `StoreError`
/// is the port's own enum with `unavailable` and `outcome_unknown`. Belongs to one executor.
template <class Item, class Verdict, class StoreError>
class Lane {
public:
    /// Writes one batch; verdicts in the order of the items, which live until it is done. Must be safe to repeat with
    /// the same items.
    using Send = std::function<Task<Result<std::vector<Verdict>, StoreError>>(const std::vector<Item>&)>;

    struct Options {
        std::size_t depth_max = 20'000;
        std::size_t batch_max = 500;
        std::size_t batches_under_way = 1;
        /// What would wait longer than this is refused at once while the lane is behind; 0: nothing is. A burst after
        /// a time without anybody waiting is taken for so long, up to twice this wait, and one batch may always wait.
        milliseconds wait_max{0};
        int tries = 3;                     // of a batch whose outcome is unknown or that was not taken
        milliseconds try_again_after{50};  // times the number of the try
    };

    Lane(Executor& executor, Options options, Send send)
        : executor_(executor), options_(options), send_(std::move(send)) {}

    /// The verdict of one item once its batch is durable.
    Task<Result<Verdict, LaneError>> submit(Item item, Instant deadline) {
        using Outcome = Result<Verdict, LaneError>;
        if (closed_ || waiting_.size() >= options_.depth_max || too_far_behind()) {
            ++figures_.refused_busy;
            co_return fail(LaneError::busy);
        }
        Sent sent;
        Trace* const trace = current_trace();
        const Instant joined = trace != nullptr ? trace->last_end() : Instant{};
        Outcome outcome = co_await suspend_for<Outcome>([this, &item, &sent, deadline](Resumer<Outcome> resume) {
            // Who has joined is written: from here on nothing may fail that would leave the row without a writer.
            const MustSucceed scope;
            waiting_.push_back({&item, deadline, executor_.now(), resume, &sent});
            figures_.depth.store(waiting_.size(), std::memory_order_relaxed);
            start_if_free();
        });
        if (trace != nullptr && sent.end != Instant{}) {
            trace->add("lane wait", joined, sent.begin);
            trace->add("lane commit", sent.begin, sent.end);
        }
        co_return std::move(outcome);
    }

    std::size_t depth() const { return waiting_.size(); }
    /// Batches leave full and somebody waits too long: soon some will be refused.
    bool behind() const { return behind_since_ != Instant{}; }
    bool idle() const { return waiting_.empty() && under_way_ == 0; }
    /// Idle for longer than `time`: what its last batch took says nothing of now.
    bool has_rested(milliseconds time) const { return idle() && executor_.now() - ended_at_ > time; }
    /// Refuses what comes from now on; what waits is still written.
    void close() { closed_ = true; }
    const LaneFigures& figures() const { return figures_; }

private:
    /// When an item's batch was sent, and when its verdicts came.
    struct Sent {
        Instant begin{};
        Instant end{};
    };
    struct Waiting {
        Item* item;  // in the waiting coroutine, as is `sent`
        Instant deadline;
        Instant joined;
        Resumer<Result<Verdict, LaneError>> resume;
        Sent* sent;
    };

    /// When batch after batch leaves full, whoever comes last waits for all of them: with more coming than can be
    /// written, soon everybody would wait for as long as the lane is deep. So those who would wait too long are
    /// refused, cheaply, before anything is begun for them. By time and not by depth, since how fast a store writes
    /// differs; and never below one batch, since smaller batches are written more slowly (CoDel, Nichols 2012, keeps
    /// the standing queue short in the same way and lets bursts pass).
    bool too_far_behind() {
        if (options_.wait_max <= milliseconds{0} || waiting_.size() < options_.batch_max) return false;
        const std::size_t batches = under_way_ + waiting_.size() / options_.batch_max + 1;  // one's own counted
        const auto wait = send_time_ * batches / under_way_max();
        if (wait <= options_.wait_max) return false;
        if (wait > 2 * options_.wait_max) return true;
        const Instant now = executor_.now();
        if (behind_since_ == Instant{}) behind_since_ = now;
        return now - behind_since_ > options_.wait_max;
    }

    /// The batch before took far longer than was expected when they joined, while others come who would wait less:
    /// better told now than late (CoDel drops at the head of a queue too). Of a slow store alone, which is left half a
    /// batch to write; nobody waits so long there for a batch as slow as the last ones were.
    bool has_waited_too_long(const Waiting& waiting, Instant now) const {
        if (!is_slow() || waiting_.size() < options_.batch_max / 2) return false;
        return now - waiting.joined > std::max<std::chrono::nanoseconds>(options_.wait_max, send_time_ * 5 / 4);
    }

    /// Two batches take longer than anybody shall wait.
    bool is_slow() const { return options_.wait_max > milliseconds{0} && send_time_ > options_.wait_max / 2; }

    /// A second batch under way hides what a commit costs besides its work, and is no gain where one takes so long that
    /// both must wait for the same writer: then it only makes everybody wait for two.
    std::size_t under_way_max() const { return is_slow() ? 1 : std::max<std::size_t>(options_.batches_under_way, 1); }

    void start_if_free() {
        if (under_way_ >= under_way_max()) return;
        ++under_way_;
        // Soon, not now: whatever else has arrived in this turn joins the batch.
        spawn(executor_, "lane", run());
    }

    Task<void> run() {
        // Kept from batch to batch: blocks of this size are dear to allocate anew.
        std::vector<Waiting> batch;
        std::vector<Item> items;
        while (!waiting_.empty() && under_way_ <= under_way_max()) {
            take_batch(batch);
            if (batch.empty()) continue;
            items.clear();
            for (auto& waiting : batch) items.push_back(std::move(*waiting.item));
            const Instant begun = executor_.now();
            auto verdicts = co_await send_with_tries(items);
            const Instant ended = executor_.now();
            ended_at_ = ended;
            count(batch.size(), ended - begun);
            for (auto& waiting : batch) *waiting.sent = {begun, ended};
            deliver(batch, verdicts);
        }
        --under_way_;
    }

    void take_batch(std::vector<Waiting>& batch) {
        const Instant now = executor_.now();
        batch.clear();
        std::vector<Waiting> late;
        std::vector<Waiting> stale;
        while (!waiting_.empty() && batch.size() < options_.batch_max) {
            const Waiting& first = waiting_.front();
            (first.deadline < now ? late : has_waited_too_long(first, now) ? stale : batch).push_back(first);
            waiting_.pop_front();
        }
        figures_.depth.store(waiting_.size(), std::memory_order_relaxed);
        if (waiting_.empty()) behind_since_ = {};
        for (auto& waiting : late) waiting.resume(fail(LaneError::too_late));
        figures_.refused_busy += stale.size();
        for (auto& waiting : stale) waiting.resume(fail(LaneError::busy));
    }

    /// `items` are the caller's, who waits.
    Task<Result<std::vector<Verdict>, StoreError>> send_with_tries(const std::vector<Item>& items) {
        for (int attempt = 1;; ++attempt) {
            auto verdicts = co_await send_(items);
            if (verdicts || attempt >= options_.tries) co_return std::move(verdicts);
            co_await sleep_for(options_.try_again_after * attempt);
        }
    }

    void count(std::size_t items, std::chrono::nanoseconds took) {
        // Few items say little of how long a full batch takes.
        if (items * 2 >= options_.batch_max || took > send_time_)
            send_time_ = send_time_.count() == 0 ? took : (send_time_ * 3 + took) / 4;
        figures_.batches.fetch_add(1, std::memory_order_relaxed);
        figures_.items.fetch_add(items, std::memory_order_relaxed);
        figures_.send_ns.fetch_add(static_cast<std::uint64_t>(took.count()), std::memory_order_relaxed);
        figures_.last_send_us.store(took.count() / 1000, std::memory_order_relaxed);
        figures_.last_batch.store(items, std::memory_order_relaxed);
    }

    void deliver(std::vector<Waiting>& batch, Result<std::vector<Verdict>, StoreError>& verdicts) {
        if (verdicts) {
            MD_ASSERT(verdicts->size() == batch.size());
            for (std::size_t i = 0; i < batch.size(); ++i) batch[i].resume.now(std::move((*verdicts)[i]));
            return;
        }
        const LaneError error =
            verdicts.error() == StoreError::outcome_unknown ? LaneError::outcome_unknown : LaneError::unavailable;
        for (auto& waiting : batch) waiting.resume.now(fail(error));
    }

    Executor& executor_;
    Options options_;
    Send send_;
    std::deque<Waiting> waiting_;
    std::size_t under_way_ = 0;
    bool closed_ = false;
    std::chrono::nanoseconds send_time_{0};  // of a batch, smoothed
    Instant behind_since_{};                 // since then somebody waited all the time, and too long; or nobody did
    Instant ended_at_{};                     // the last batch
    LaneFigures figures_;
};

}  // namespace marketday::usecases
