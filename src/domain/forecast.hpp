#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.hpp"

namespace marketday::domain {

/// What a sale is expected to meet.
struct ForecastCrowd {
    std::int64_t shoppers = 0;    // 1..10,000,000; each wants one order
    milliseconds arrive{10'000};  // they come evenly within it, from the opening on
    std::int64_t units = 0;       // 1.., one an order
    bool line = true;
    std::int64_t admissions_per_s_max = 5000;
};

/// What the machine was measured to do.
struct ForecastCapacity {
    double store_orders_per_s = 0;  // orders that the store commits a second when batches are full
    double requests_per_s = 0;      // requests of all kinds that the shop's thread answers a second
    milliseconds commit{3};         // of a small batch
    std::size_t lane_depth_max = 20'000;
};

/// What would come of it, by playing the sale through in steps of 10 ms: people join, the line calls them at the rate
/// that its own rule (AdmissionRate) finds, they ask at the intervals that the line gives, order, and pay.
struct Forecast {
    std::int64_t line_length_max = 0;
    std::optional<double> sold_out_s;  // from the opening to the last unit paid; none: units are left over
    double orders_per_s = 0;           // over that time
    std::int64_t units_sold = 0;
    std::int64_t declined = 0;              // orders answered 503 because the lane was full (without a line)
    std::vector<std::int64_t> line_length;  // at each whole second, the first 600 at most
};
Forecast forecast(const ForecastCrowd& crowd, const ForecastCapacity& capacity);

}  // namespace marketday::domain
