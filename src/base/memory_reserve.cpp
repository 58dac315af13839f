#include "base/memory_reserve.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/assert.hpp"
#include "base/log_output.hpp"
#include "base/trace.hpp"

namespace marketday {
namespace {

std::array<std::atomic<void*>, MemoryReserve::kPieces> pieces{};
std::atomic<bool> wanted{false};
std::atomic<std::size_t> missing{0};
std::atomic<std::uint64_t> taken{0};
std::atomic<std::uint64_t> given_up{0};
std::new_handler before = nullptr;

bool may_give_up() {
    switch (detail::on_no_memory_of_thread) {
        case detail::OnNoMemory::as_traced: return current_trace() != nullptr;
        case detail::OnNoMemory::give_up: return true;
        case detail::OnNoMemory::take_reserve: return false;
    }
    return true;
}

/// Called by operator new, which tries again when this returns.
void on_no_memory() {
    if (may_give_up()) {
        given_up.fetch_add(1, std::memory_order_relaxed);
        throw std::bad_alloc{};
    }
    if (MemoryReserve::take()) return;
    // What threw here would end one of the shop's own loops, which nobody would miss before it is needed.
    (void)log::LogOutput{STDERR_FILENO}.put("marketday: out of memory, and the reserve is used up; start it again\n");
    std::abort();
}

/// False: there is no memory.
bool fill(std::atomic<void*>& piece) noexcept {
    if (piece.load(std::memory_order_relaxed) != nullptr) return true;
    void* const memory = std::malloc(MemoryReserve::kPieceBytes);
    if (memory == nullptr) return false;
    std::memset(memory, 1, MemoryReserve::kPieceBytes);  // What was never touched is nobody's memory yet.
    void* nothing = nullptr;
    if (!piece.compare_exchange_strong(nothing, memory, std::memory_order_acq_rel)) std::free(memory);
    return true;
}

}  // namespace

MemoryReserve::MemoryReserve() {
    MD_ASSERT(!wanted.exchange(true));
    for (auto& piece : pieces)
        if (!fill(piece)) throw std::bad_alloc{};
    before = std::set_new_handler(on_no_memory);
}

MemoryReserve::~MemoryReserve() {
    std::set_new_handler(before);
    wanted = false;
    for (auto& piece : pieces) std::free(piece.exchange(nullptr, std::memory_order_acq_rel));
    missing = 0;
}

bool MemoryReserve::take() noexcept {
    for (auto& piece : pieces) {
        void* const mine = piece.exchange(nullptr, std::memory_order_acq_rel);
        if (mine == nullptr) continue;
        missing.fetch_add(1, std::memory_order_relaxed);
        taken.fetch_add(1, std::memory_order_relaxed);
        std::free(mine);
        return true;
    }
    return false;
}

void MemoryReserve::refill() noexcept {
    if (missing.load(std::memory_order_relaxed) == 0 || !wanted) return;
    const std::size_t were_missing = missing.exchange(0, std::memory_order_relaxed);
    for (auto& piece : pieces) {
        if (fill(piece)) continue;
        missing.fetch_add(were_missing, std::memory_order_relaxed);
        return;
    }
}

std::uint64_t MemoryReserve::taken_total() noexcept { return taken.load(std::memory_order_relaxed); }
std::uint64_t MemoryReserve::given_up_total() noexcept { return given_up.load(std::memory_order_relaxed); }

}  // namespace marketday
