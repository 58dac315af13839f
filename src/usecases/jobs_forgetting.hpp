#pragma once

#include <optional>
#include <string>

#include "ports/accounts.hpp"
#include "ports/order_book.hpp"
#include "usecases/jobs_scheduler.hpp"

namespace marketday::usecases {

/// Forgets the orders' idempotency keys 7 days after their verdicts. Goes through the records of all customers a slice
/// a turn, so that nobody waits for it, and rests between two rounds.
class ForgetKeys {
public:
    struct Options {
        std::chrono::hours keep{7 * 24};
        std::size_t records_a_turn = 500;
        milliseconds pause_between_rounds{3'600'000};
    };
    ForgetKeys(ports::OrderBook& book, const Clock& clock, Options options)
        : book_(book), clock_(clock), options_(options) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::OrderBook& book_;
    const Clock& clock_;
    Options options_;
    std::optional<std::string> place_;  // none: a round begins
    Instant next_round_{};
};

/// Forgets messages of the outbox 7 days after they were written, once they are sent.
class ForgetOutbox {
public:
    struct Options {
        std::chrono::hours keep{7 * 24};
    };
    ForgetOutbox(ports::OrderBook& book, const Clock& clock, Options options)
        : book_(book), clock_(clock), options_(options) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::OrderBook& book_;
    const Clock& clock_;
    Options options_;
};

/// Forgets accounts that were never verified.
class ForgetUnverified {
public:
    struct Options {
        std::chrono::days keep{30};  // 0: for ever
    };
    ForgetUnverified(ports::Accounts& accounts, const Clock& clock, Options options)
        : accounts_(accounts), clock_(clock), options_(options) {}
    Task<JobTurn> run(ports::Fence fence);

private:
    ports::Accounts& accounts_;
    const Clock& clock_;
    Options options_;
};

}  // namespace marketday::usecases
