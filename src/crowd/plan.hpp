#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "crowd/history.hpp"
#include "crowd/options.hpp"
#include "crowd/target.hpp"

namespace marketday::crowd {

/// A signed-in account.
struct Session {
    Uuid customer;
    std::string token;
};

struct BasketLine {
    std::string sku;
    std::int64_t quantity = 1;
    std::int64_t unit_price_minor = 0;
    std::int64_t price_version = 0;
};

/// What one order asks for, with the bytes of its body.
struct Basket {
    std::vector<BasketLine> lines;
    std::int64_t asked_minor = 0;  // sum of quantity * unit price
    std::string body;
};

/// A sale as GET /api/v1/sales/{sale} showed it before the start.
struct SaleView {
    Uuid id;
    std::string name;
    std::string state;
    std::int64_t opens_at_us = 0;  // in the crowd's monotonic time
    bool line = false;
    struct Item {
        std::string sku;
        std::int64_t units = 0;
        std::int64_t price_minor = 0;
        std::int64_t price_version = 0;
        std::int64_t limit = 0;  // 0: none
    };
    std::vector<Item> items;
    std::string currency;
};

/// One shopper's coming: who, when, what for.
struct Arrival {
    std::int64_t at_us = 0;  // monotonic
    std::uint32_t session = 0;
    std::uint32_t basket = 0;
};

/// All that the crowd's processes need to know, made before they part. Read only from then on.
struct Plan {
    Options options;
    Target target;
    std::optional<SaleView> sale;
    std::vector<Session> sessions;
    std::vector<Basket> baskets;
    std::vector<Arrival> arrivals;  // by time; empty in a closed loop
    std::vector<std::string> searches;
    std::uint64_t run_id = 0;  // makes the keys of two runs with one seed differ
    std::int64_t start_us = 0;
    std::int64_t unix_minus_monotonic_us = 0;
};

/// How a shopper's visit ended.
enum class Ending : std::uint8_t { bought, told_no, declined, gave_up, unknown, failed };
inline constexpr std::size_t kEndingCount = 6;

/// Live counters of one process, in memory that the parent reads while it runs.
struct Tally {
    std::atomic<std::uint64_t> arrived{0};
    std::atomic<std::uint64_t> waiting{0};  // in the line now
    std::atomic<std::uint64_t> connections{0};
    std::atomic<std::uint64_t> acknowledged{0};
    std::atomic<std::uint64_t> refused{0};
    std::atomic<std::uint64_t> unknown{0};
    std::atomic<std::uint64_t> paid{0};
    std::atomic<std::uint64_t> flaws{0};
    std::array<std::atomic<std::uint64_t>, kEndingCount> endings{};
    std::array<std::atomic<std::uint64_t>, 600> statuses{};  // every answer, retried ones too
    std::atomic<std::uint64_t> lost_connections{0};
    std::atomic<std::uint64_t> retries{0};
    std::atomic<std::int64_t> cpu_us{0};
    std::atomic<std::int64_t> late_us_max{0};  // how much later than planned a shopper set out
    Names names;
};

/// One writer a counter, so a plain read and write are enough: no locked instruction on the hot path.
template <class Number>
void bump(std::atomic<Number>& counter, Number by = 1) {
    counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

}  // namespace marketday::crowd
