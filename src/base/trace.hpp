#pragma once

#include <array>
#include <coroutine>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/time.hpp"

namespace marketday {

/// What one request has been doing: a few named stretches of time, noted by whoever knows them. Costs nothing to make
/// and two stores a span, so that every request may have one and the slow are explained afterwards. One executor.
class Trace {
public:
    static constexpr std::size_t kSpansMax = 12;

    struct Span {
        const char* name;  // a literal
        Instant::rep begin;
        Instant::rep end;
    };

    /// `id`: 32 hex digits that live longer.
    Trace(std::string_view id, Instant begun) : id_(id), last_end_(begun) {}
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;

    std::string_view id() const { return id_; }
    /// Past kSpansMax a span is not kept.
    void add(const char* name, Instant begin, Instant end) {
        last_end_ = end;
        if (count_ < kSpansMax)
            spans_[count_++] = {name, begin.time_since_epoch().count(), end.time_since_epoch().count()};
    }
    /// When the last span ended, or the request began: where the next span may begin without asking the clock.
    Instant last_end() const { return last_end_; }
    std::span<const Span> spans() const { return {spans_.data(), count_}; }

private:
    std::string_view id_;
    Instant last_end_;
    std::size_t count_ = 0;
    std::array<Span, kSpansMax> spans_;  // Not cleared: only the first `count_` are read.
};

namespace detail {
inline constinit thread_local Trace* current_trace_of_thread = nullptr;
}

/// The trace of the request whose coroutine this thread is running; null outside of one. Whoever resumes a coroutine
/// (`base/async`) sets it for as long as that runs, so it never leaks from one task into another.
inline Trace* current_trace() { return detail::current_trace_of_thread; }

/// Makes `trace` the current one until the end of the block.
class TraceScope {
public:
    explicit TraceScope(Trace* trace) : before_(detail::current_trace_of_thread) {
        detail::current_trace_of_thread = trace;
    }
    ~TraceScope() { detail::current_trace_of_thread = before_; }
    TraceScope(const TraceScope&) = delete;
    TraceScope& operator=(const TraceScope&) = delete;

private:
    Trace* before_;
};

/// Resumes a coroutine that was suspended under `trace`.
inline void resume_under(Trace* trace, std::coroutine_handle<> handle) {
    const TraceScope scope(trace);
    handle.resume();
}

/// `co_await traced_as(&trace)`: from here on this task and the tasks that it awaits run under `trace`, which lives
/// longer than they do.
class traced_as {
public:
    explicit traced_as(Trace* trace) : trace_(trace) {}
    bool await_ready() const noexcept { return false; }
    template <class P>
    bool await_suspend(std::coroutine_handle<P> self) noexcept {
        self.promise().trace = trace_;
        detail::current_trace_of_thread = trace_;
        return false;
    }
    void await_resume() const noexcept {}

private:
    Trace* trace_;
};

}  // namespace marketday
