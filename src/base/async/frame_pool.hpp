#pragma once

#include <cstddef>

namespace marketday::detail {

/// Memory of coroutines' frames, kept by the thread that frees it for the next frame of like size. A request makes a
/// handful of frames of up to a few kilobytes; the general allocator splits and joins blocks of that size each time.
/// Any thread may free what another allocated. What is kept is bounded (kKeptBytesMax a thread).
void* allocate_frame(std::size_t bytes);
void free_frame(void* frame, std::size_t bytes) noexcept;

}  // namespace marketday::detail
