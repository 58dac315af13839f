#pragma once

#include <algorithm>

#include "base/time.hpp"

namespace marketday::http {

/// How long what has arrived waits until the server's thread reads it, and whether that is too long.
///
/// The kernel hands over ready sockets first come first served, and a timer's descriptor takes its place in the same
/// row: a timer is as late as a request that arrived when it was due. So a probe that is due every few milliseconds
/// tells what no queue of the program's own shows. A probe that is overdue tells before it comes.
///
/// Too long is judged as a lane does it (CoDel, Nichols 2012): a burst is taken whole for `wait_max`; who comes while
/// the delay has been longer than that for as long is refused, until it has fallen to half.
class LoopLag {
    using nanoseconds = std::chrono::nanoseconds;

public:
    /// 0: never too long.
    explicit LoopLag(milliseconds wait_max) : wait_max_(wait_max) {}

    bool decides() const { return wait_max_ > milliseconds{0}; }
    bool probing() const { return due_ != Instant{}; }
    /// From `now` on a probe is under way: it comes at `due`, or as late as everything else.
    void probe_sent(Instant now, Instant due) {
        if (now - came_at_ > kKnownFor) {
            last_ = {};
            high_since_ = {};
            refusing_ = false;
        }
        due_ = due;
    }
    void probe_came(Instant now) {
        last_ = std::max(now - due_, nanoseconds{0});
        due_ = {};
        came_at_ = now;
    }

    nanoseconds lag(Instant now) const { return probing() ? std::max(last_, nanoseconds{now - due_}) : last_; }

    /// True: whoever can come again should be told to.
    bool too_long(Instant now) {
        if (!decides()) return false;
        const nanoseconds lag_now = lag(now);
        if (lag_now <= wait_max_ / 2) {
            high_since_ = {};
            refusing_ = false;
        } else if (lag_now > wait_max_ && !refusing_) {
            if (high_since_ == Instant{}) high_since_ = now;
            const bool again = refused_at_ != Instant{} && now - refused_at_ < kSameRush;
            refusing_ = again || now - high_since_ > wait_max_;
        }
        if (refusing_) refused_at_ = now;
        return refusing_;
    }

private:
    /// Within this time after a refusal a delay belongs to the same rush, and is not borne once more.
    static constexpr seconds kSameRush{1};
    /// What a probe told says nothing of a time so much later: nobody asked meanwhile, so there was no rush.
    static constexpr milliseconds kKnownFor{100};

    milliseconds wait_max_;
    Instant due_{};
    Instant came_at_{};
    nanoseconds last_{0};
    Instant high_since_{};
    bool refusing_ = false;
    Instant refused_at_{};
};

}  // namespace marketday::http
