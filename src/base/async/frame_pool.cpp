#include "base/async/frame_pool.hpp"

#include <array>
#include <new>

namespace marketday::detail {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kPooled = false;  // so that the sanitizers see every frame's life
#else
constexpr bool kPooled = true;
#endif

constexpr std::size_t kStepBytes = 128;
constexpr std::size_t kFrameBytesMax = 8192;  // larger ones are rare
constexpr std::size_t kKeptBytesMax = 32 << 20;

struct FreeFrame {
    FreeFrame* next;
};

class FramePool {
public:
    ~FramePool() {
        for (FreeFrame*& first : first_)
            while (first != nullptr) ::operator delete(take(first));
    }
    void* allocate(std::size_t step) {
        FreeFrame*& first = first_[step];
        if (first == nullptr) return ::operator new(step * kStepBytes);
        kept_bytes_ -= step * kStepBytes;
        return take(first);
    }
    void free(void* frame, std::size_t step) noexcept {
        if (kept_bytes_ + step * kStepBytes > kKeptBytesMax) return ::operator delete(frame);
        kept_bytes_ += step * kStepBytes;
        first_[step] = new (frame) FreeFrame{first_[step]};
    }

private:
    static void* take(FreeFrame*& first) {
        FreeFrame* const taken = first;
        first = taken->next;
        return taken;
    }

    std::array<FreeFrame*, kFrameBytesMax / kStepBytes + 1> first_{};
    std::size_t kept_bytes_ = 0;
};

thread_local FramePool pool;

std::size_t step_of(std::size_t bytes) { return (bytes + kStepBytes - 1) / kStepBytes; }

}  // namespace

void* allocate_frame(std::size_t bytes) {
    if (!kPooled || bytes > kFrameBytesMax) return ::operator new(bytes);
    return pool.allocate(step_of(bytes));
}

void free_frame(void* frame, std::size_t bytes) noexcept {
    if (!kPooled || bytes > kFrameBytesMax) return ::operator delete(frame);
    pool.free(frame, step_of(bytes));
}

}  // namespace marketday::detail
