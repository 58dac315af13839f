#pragma once

#include <list>
#include <utility>

#include "adapters/distributed/postgres_order_facts.hpp"
#include "base/async/wait.hpp"

namespace marketday::adapters {

/// Lets one batch of this process at a time be decided: two would only make each other's reading old. Whoever has sent
/// what was decided lets the next one decide, on what the database will have then, while it is written; the database
/// writes them one after the other. Of the database's executor.
class PostgresOrderTurns {
public:
    /// The turn, until it goes.
    class Held {
    public:
        explicit Held(PostgresOrderTurns& turns) : turns_(&turns) {}
        Held(Held&& other) noexcept : turns_(std::exchange(other.turns_, nullptr)) {}
        Held& operator=(Held&&) = delete;
        ~Held() {
            if (turns_ != nullptr) turns_->leave();
        }

    private:
        PostgresOrderTurns* turns_;
    };
    /// A batch that was sent, until it is answered.
    class Sent {
    public:
        explicit Sent(PostgresOrderTurns& turns) : turns_(&turns) { ++turns_->unanswered_; }
        Sent(const Sent&) = delete;
        Sent& operator=(const Sent&) = delete;
        ~Sent() { turns_->answered(); }

    private:
        PostgresOrderTurns* turns_;
    };

    /// Throws PostgresError when the deadline comes first.
    Task<Held> take(Instant deadline);
    /// For whoever has the turn and would read what the database has: waits until every batch has been answered. Throws
    /// PostgresError when the deadline comes first.
    Task<void> all_answered(Instant deadline);
    bool any_unanswered() const { return unanswered_ > 0; }
    PostgresOrderMemory& memory() { return memory_; }

private:
    void leave();
    void answered();

    bool busy_ = false;
    std::list<Event*> waiting_;
    int unanswered_ = 0;
    Event* waits_for_answers_ = nullptr;
    PostgresOrderMemory memory_;
};

}  // namespace marketday::adapters
