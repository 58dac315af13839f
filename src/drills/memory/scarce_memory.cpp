// Preloaded into the shop by tests: fails the n-th allocation from when it is told to, whoever asks for it (the
// program's operator new, SQLite, OpenSSL, ICU …). It is told through a file that both sides map, named by
// SCARCE_MEMORY.
//
// operator new does as the standard wants it: without memory it asks the program's new-handler, and tries again or
// throws.

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace {

/// As tests/integration/out_of_memory_test.py writes it.
struct Orders {
    std::atomic<std::int64_t> until_failure;  // the allocation that brings it to 0 fails; 0 or less: none does
    std::atomic<std::int64_t> failures_left;  // so many in a row fail
    std::atomic<std::int64_t> failed;         // have failed
};

Orders* orders = nullptr;

__attribute__((constructor)) void read_orders() {
    const char* const file = std::getenv("SCARCE_MEMORY");
    if (file == nullptr) return;
    const int descriptor = ::open(file, O_RDWR | O_CLOEXEC);
    if (descriptor < 0) return;
    void* const memory = ::mmap(nullptr, sizeof(Orders), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    ::close(descriptor);
    if (memory != MAP_FAILED) orders = static_cast<Orders*>(memory);
}

bool fails() noexcept {
    if (orders == nullptr || orders->until_failure.load(std::memory_order_relaxed) <= 0) {
        if (orders == nullptr || orders->failures_left.load(std::memory_order_relaxed) <= 0) return false;
        if (orders->failures_left.fetch_sub(1, std::memory_order_relaxed) <= 0) return false;
    } else if (orders->until_failure.fetch_sub(1, std::memory_order_relaxed) != 1) {
        return false;
    } else {
        orders->failures_left.fetch_sub(1, std::memory_order_relaxed);
    }
    orders->failed.fetch_add(1, std::memory_order_relaxed);
    errno = ENOMEM;
    return true;
}

template <class F>
F* next(const char* name) noexcept {
    return reinterpret_cast<F*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

// What is behind the next definition: the C library's, or a sanitizer's that is preloaded after this.
#define MARKETDAY_NEXT(function) static const auto function##_next = next<decltype(function)>(#function)

extern "C" {

__attribute__((visibility("default"))) void* malloc(std::size_t bytes) noexcept {
    MARKETDAY_NEXT(malloc);
    return fails() ? nullptr : malloc_next(bytes);
}

__attribute__((visibility("default"))) void* calloc(std::size_t count, std::size_t bytes) noexcept {
    MARKETDAY_NEXT(calloc);
    return fails() ? nullptr : calloc_next(count, bytes);
}

__attribute__((visibility("default"))) void* realloc(void* memory, std::size_t bytes) noexcept {
    MARKETDAY_NEXT(realloc);
    return fails() ? nullptr : realloc_next(memory, bytes);
}

__attribute__((visibility("default"))) void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
    MARKETDAY_NEXT(aligned_alloc);
    return fails() ? nullptr : aligned_alloc_next(alignment, bytes);
}

__attribute__((visibility("default"))) int posix_memalign(void** memory, std::size_t alignment,
                                                          std::size_t bytes) noexcept {
    MARKETDAY_NEXT(posix_memalign);
    return fails() ? ENOMEM : posix_memalign_next(memory, alignment, bytes);
}

}  // extern "C"

// Here too, since sanitizers bring one that asks nobody.
__attribute__((visibility("default"))) void* operator new(std::size_t bytes) {
    while (true) {
        if (void* const memory = malloc(bytes); memory != nullptr) return memory;
        const std::new_handler handler = std::get_new_handler();
        if (handler == nullptr) throw std::bad_alloc{};
        handler();
    }
}
__attribute__((visibility("default"))) void* operator new[](std::size_t bytes) { return operator new(bytes); }
