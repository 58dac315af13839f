#pragma once

#include "ports/event_bus.hpp"
#include "ports/order_book.hpp"
#include "usecases/jobs_scheduler.hpp"

namespace marketday::usecases {

/// Carries the outbox to the event bus: at least once, in order, each message under one name through every retry.
class Relay {
public:
    Relay(ports::OrderBook& book, ports::EventBus& bus) : book_(book), bus_(bus) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::OrderBook& book_;
    ports::EventBus& bus_;
};

/// Forgets what every consumer is done with.
class ForgetEvents {
public:
    struct Options {
        std::chrono::hours keep{7 * 24};
    };
    ForgetEvents(ports::EventBus& bus, ports::EventMemory& memory, const Clock& clock, Options options)
        : bus_(bus), memory_(memory), clock_(clock), options_(options) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::EventBus& bus_;
    ports::EventMemory& memory_;
    const Clock& clock_;
    Options options_;
};

}  // namespace marketday::usecases
