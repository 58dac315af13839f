#include "adapters/distributed/postgres_order_turns.hpp"

namespace marketday::adapters {
namespace {

PostgresError too_late() { return {PostgresError::Kind::timed_out, "", "earlier batches have not ended in time"}; }

}  // namespace

Task<PostgresOrderTurns::Held> PostgresOrderTurns::take(Instant deadline) {
    if (!busy_) {
        busy_ = true;
        co_return Held{*this};
    }
    Event woken;
    waiting_.push_back(&woken);
    const bool in_time = co_await woken.wait(deadline);
    if (!in_time) {
        std::erase(waiting_, &woken);
        throw too_late();
    }
    co_return Held{*this};
}

Task<void> PostgresOrderTurns::all_answered(Instant deadline) {
    while (unanswered_ > 0) {
        Event woken;
        waits_for_answers_ = &woken;
        const bool in_time = co_await woken.wait(deadline);
        waits_for_answers_ = nullptr;
        if (!in_time) throw too_late();
    }
}

void PostgresOrderTurns::leave() {
    if (waiting_.empty()) {
        busy_ = false;
        return;
    }
    Event* next = waiting_.front();
    waiting_.pop_front();
    next->set();
}

void PostgresOrderTurns::answered() {
    if (--unanswered_ == 0 && waits_for_answers_ != nullptr) waits_for_answers_->set();
}

}  // namespace marketday::adapters
