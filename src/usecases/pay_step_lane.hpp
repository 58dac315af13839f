#pragma once

#include "ports/order_book.hpp"
#include "usecases/lane.hpp"

namespace marketday::usecases {

/// The steps of orders that were placed already, gathered into batches, so that a thousand people paying at once cost
/// few commits. One for the whole shop; belongs to the shop's executor.
class StepLane {
public:
    using Steps = Lane<domain::OrderStep, domain::StepVerdict, ports::OrderBook::Error>;
    using Answer = Task<Result<domain::StepVerdict, LaneError>>;

    StepLane(Executor& executor, ports::OrderBook& book)
        : lane_(executor, {.depth_max = 50'000, .batch_max = ports::OrderBook::kBatchOrdersMax},
                [&book](std::vector<domain::OrderStep> steps) { return book.advance(std::move(steps)); }) {}

    Answer advance(domain::OrderStep step, Instant deadline = Instant::max()) {
        return lane_.submit(std::move(step), deadline);
    }
    bool idle() const { return lane_.idle(); }
    const LaneFigures& figures() const { return lane_.figures(); }

private:
    Steps lane_;
};

}  // namespace marketday::usecases
