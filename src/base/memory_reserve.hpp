#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

namespace marketday {

/// What becomes of an allocation for which there is no memory.
///
/// Work for one request is given up: operator new throws std::bad_alloc, and the request's edge answers 503. What
/// others rely on cannot be given up half-way (an executor's queue, a batch under way, an answer that has begun): it
/// takes from a reserve that is put aside beforehand and filled again as soon as there is memory. Once the reserve is
/// used up, the process ends there.
///
/// Work that can be given up is what runs under a request's trace (base/trace.hpp) or in a GivesUp, and not in a
/// MustSucceed.
class MemoryReserve {
public:
    static constexpr std::size_t kPieces = 64;
    static constexpr std::size_t kPieceBytes = 128 * 1024;

    /// Puts kPieces aside and decides over all failing allocations of the process from now on. At most one.
    MemoryReserve();
    ~MemoryReserve();
    MemoryReserve(const MemoryReserve&) = delete;
    MemoryReserve& operator=(const MemoryReserve&) = delete;

    /// Gives a piece of the reserve back to the process; false when none is left.
    static bool take() noexcept;
    /// Puts aside again what was taken, as far as there is memory; costs nothing when nothing was. From any thread.
    static void refill() noexcept;
    /// Pieces taken, and allocations given up, since the start.
    static std::uint64_t taken_total() noexcept;
    static std::uint64_t given_up_total() noexcept;
};

namespace detail {
enum class OnNoMemory : std::uint8_t { as_traced, give_up, take_reserve };
inline constinit thread_local OnNoMemory on_no_memory_of_thread = OnNoMemory::as_traced;

class OnNoMemoryScope {
public:
    explicit OnNoMemoryScope(OnNoMemory wanted) noexcept : before_(on_no_memory_of_thread) {
        on_no_memory_of_thread = wanted;
    }
    ~OnNoMemoryScope() { on_no_memory_of_thread = before_; }
    OnNoMemoryScope(const OnNoMemoryScope&) = delete;
    OnNoMemoryScope& operator=(const OnNoMemoryScope&) = delete;

private:
    OnNoMemory before_;
};
}  // namespace detail

/// Until the end of the block allocations may fail: whoever opened it catches std::bad_alloc.
class GivesUp : detail::OnNoMemoryScope {
public:
    GivesUp() noexcept : OnNoMemoryScope(detail::OnNoMemory::give_up) {}
};

/// Until the end of the block allocations take from the reserve. For a few small ones; never across `co_await`.
class MustSucceed : detail::OnNoMemoryScope {
public:
    MustSucceed() noexcept : OnNoMemoryScope(detail::OnNoMemory::take_reserve) {}
};

/// Calls `begin`, and again with some of the reserve when it found no memory: for what allocates by another way than
/// operator new, as Asio's operations do. What throws must have left nothing behind.
template <class F>
auto from_reserve(F begin) {
    while (true) {
        try {
            return begin();
        } catch (const std::bad_alloc&) {
            if (!MemoryReserve::take()) throw;
        }
    }
}

}  // namespace marketday
