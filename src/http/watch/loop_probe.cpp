#include "http/watch/loop_probe.hpp"

#include <algorithm>

namespace marketday::http {
namespace {

std::int64_t ns_of(Instant at) {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count();
}

}  // namespace

LoopProbe::LoopProbe(Executor& watched) : watched_(watched), state_(std::make_shared<State>()) {}

void LoopProbe::ping(Instant now) {
    if (state_->sent_ns.load() != 0) return;
    state_->sent_ns = ns_of(now);
    watched_.soon([state = state_, &watched = watched_] {
        const std::int64_t waited = ns_of(watched.now()) - state->sent_ns.load();
        if (waited > state->worst_ns.load()) state->worst_ns = waited;
        state->sent_ns = 0;
    });
}

double LoopProbe::take_worst_ms(Instant now) {
    const std::int64_t sent = state_->sent_ns.load();
    const std::int64_t waiting = sent == 0 ? 0 : ns_of(now) - sent;
    return static_cast<double>(std::max(state_->worst_ns.exchange(0), waiting)) / 1e6;
}

}  // namespace marketday::http
