#include "usecases/jobs_forgetting.hpp"

namespace marketday::usecases {

// Each holds the events of a whole batch of orders: the writer has others to serve.
constexpr std::size_t kAccountsMax = 200;
constexpr std::size_t kMessagesMax = 8;

// No fence: whoever else believes to hold the lease forgets the same keys, and nothing comes of it.
Task<JobTurn> ForgetKeys::run(ports::Fence) {
    if (!place_ && clock_.now() < next_round_) co_return JobTurn{};
    auto place = place_;
    auto forgotten =
        co_await book_.forget_keys(clock_.wall_now() - options_.keep, std::move(place), options_.records_a_turn);
    if (!forgotten) co_return JobTurn{.failed = true};
    place_ = std::move(forgotten->next);
    if (!place_) next_round_ = clock_.now() + options_.pause_between_rounds;
    co_return JobTurn{.items = forgotten->keys};
}

Task<JobTurn> ForgetOutbox::run(ports::Fence) {
    const auto forgotten = co_await book_.forget_outbox(clock_.wall_now() - options_.keep, kMessagesMax);
    if (!forgotten) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = *forgotten, .more = *forgotten == kMessagesMax};
}

Task<JobTurn> ForgetUnverified::run(ports::Fence) {
    if (options_.keep.count() == 0) co_return JobTurn{};
    const auto forgotten = co_await accounts_.purge_unverified(clock_.wall_now() - options_.keep, kAccountsMax);
    if (!forgotten) co_return JobTurn{.failed = true};
    co_return JobTurn{.items = *forgotten, .more = *forgotten == kAccountsMax};
}

}  // namespace marketday::usecases
