#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/async/executor.hpp"

namespace marketday::http {

/// How long work waits for a thread's turn: hands an executor an empty job now and then and looks when it has run.
/// Used by one thread, another than the watched one.
class LoopProbe {
public:
    /// `watched` lives longer.
    explicit LoopProbe(Executor& watched);

    void ping(Instant now);
    /// The longest wait since the last call, one that still goes on included, in milliseconds.
    double take_worst_ms(Instant now);

private:
    struct State {                             // shared with the job under way
        std::atomic<std::int64_t> sent_ns{0};  // 0: no job is under way
        std::atomic<std::int64_t> worst_ns{0};
    };
    Executor& watched_;
    std::shared_ptr<State> state_;
};

}  // namespace marketday::http
