#include "http/watch/order_traces.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/assert.hpp"

namespace marketday::http {
namespace {

constexpr std::size_t kOrderBytes = 16;
constexpr std::size_t kTraceBytes = 32;
using Words = std::array<std::uint64_t, (kOrderBytes + kTraceBytes) / sizeof(std::uint64_t)>;
using Bytes = std::array<char, kOrderBytes + kTraceBytes>;

}  // namespace

OrderTraces::OrderTraces() : entries_(std::make_unique_for_overwrite<Entry[]>(kOrdersMax)) {}

void OrderTraces::note(const OrderId& order, std::string_view trace_id) {
    MD_ASSERT(trace_id.size() == kTraceBytes);
    Bytes bytes;
    std::memcpy(bytes.data(), order.uuid.bytes.data(), kOrderBytes);
    std::memcpy(bytes.data() + kOrderBytes, trace_id.data(), kTraceBytes);
    const auto words = std::bit_cast<Words>(bytes);
    const std::uint64_t number = noted_.load(std::memory_order_relaxed);
    Entry& entry = entries_[number % kOrdersMax];
    for (std::size_t i = 0; i < kWords; ++i) std::atomic_ref(entry[i]).store(words[i], std::memory_order_relaxed);
    noted_.store(number + 1, std::memory_order_release);
}

std::optional<std::string> OrderTraces::trace_of(const OrderId& order) const {
    const std::uint64_t noted = noted_.load(std::memory_order_acquire);
    // The oldest place may be written at this moment, so it is left out, unless it has never been taken.
    const std::uint64_t oldest = noted < kOrdersMax ? 0 : noted - kOrdersMax + 1;
    for (std::uint64_t number = noted; number-- > oldest;) {
        Entry& entry = entries_[number % kOrdersMax];
        Words words;
        for (std::size_t i = 0; i < kWords; ++i) words[i] = std::atomic_ref(entry[i]).load(std::memory_order_relaxed);
        const auto bytes = std::bit_cast<Bytes>(words);
        if (std::memcmp(bytes.data(), order.uuid.bytes.data(), kOrderBytes) != 0) continue;
        // Written over while it was read? Then nobody can say any more.
        std::atomic_thread_fence(std::memory_order_acquire);
        if (noted_.load(std::memory_order_relaxed) >= number + kOrdersMax) return std::nullopt;
        return std::string{bytes.data() + kOrderBytes, kTraceBytes};
    }
    return std::nullopt;
}

}  // namespace marketday::http
