#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace marketday::http {

/// Which request placed an order: the trace id of each of the last 65,536 orders since the start. In memory, not in the
/// order's row: the order path writes nothing more for it, and what a trace leads to (spans, log events) lives in the
/// program's bounded memory as well. 3 MiB, taken as orders come. One thread notes, any may ask; neither waits.
class OrderTraces {
public:
    static constexpr std::size_t kOrdersMax = 65'536;

    OrderTraces();
    /// `trace_id`: 32 hex digits.
    void note(const OrderId& order, std::string_view trace_id);
    std::optional<std::string> trace_of(const OrderId& order) const;

private:
    static constexpr std::size_t kWords = 6;          // 16 bytes of the order, 32 of the trace
    using Entry = std::array<std::uint64_t, kWords>;  // each read and written as an atomic

    std::unique_ptr<Entry[]> entries_;
    std::atomic<std::uint64_t> noted_{0};  // of all times; the next goes to noted_ % kOrdersMax
};

}  // namespace marketday::http
