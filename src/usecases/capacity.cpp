#include "usecases/capacity.hpp"

#include <algorithm>

#include "base/log.hpp"

namespace marketday::usecases {
namespace {

double per_s(std::uint64_t count, std::chrono::nanoseconds took) {
    const double seconds_taken = std::chrono::duration<double>(took).count();
    return seconds_taken > 0 ? static_cast<double>(count) / seconds_taken : 0;
}

}  // namespace

Task<std::optional<Capacity::Known>> Capacity::measure() {
    const Done done = done_();
    Known known;
    known.capacity.lane_depth_max = options_.lane_depth_max;
    if (done.orders >= options_.orders_min) {
        known.store_basis = "own_orders";
        known.capacity.store_orders_per_s = per_s(done.orders, done.order_time);
        const auto batch = done.order_time / static_cast<std::int64_t>(std::max<std::uint64_t>(1, done.order_batches));
        known.capacity.commit = std::chrono::ceil<milliseconds>(batch);
    } else {
        if (!tried_) {
            std::function<std::optional<Trial>()> work = [trial = trial_]() -> std::optional<Trial> {
                try {
                    return trial();
                } catch (const std::exception& failure) {
                    log::warn("capacity.trial.failed", {{"reason", failure.what()}});
                    return std::nullopt;
                }
            };
            const auto tried = co_await blocking(pool_, std::move(work));
            if (!tried || !*tried) co_return std::nullopt;
            tried_ = **tried;
        }
        known.store_basis = "trial";
        known.capacity.store_orders_per_s = tried_->orders_per_s;
        known.capacity.commit = tried_->commit;
    }
    const bool own = done.requests >= options_.requests_min && done.shop_cpu.count() > 0;
    known.requests_basis = own ? "own_requests" : "assumed";
    known.capacity.requests_per_s = own ? per_s(done.requests, done.shop_cpu) : 1'000'000.0 / options_.request_us;
    known.request_us = 1'000'000.0 / known.capacity.requests_per_s;
    co_return known;
}

}  // namespace marketday::usecases
