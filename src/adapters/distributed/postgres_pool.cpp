#include "adapters/distributed/postgres_pool.hpp"

#include <algorithm>

namespace marketday::adapters {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

std::uint64_t ns_since(Instant begun) { return static_cast<std::uint64_t>((now() - begun).count()); }

}  // namespace

Task<std::unique_ptr<PostgresConnection>> PostgresPool::open(Instant deadline) {
    std::unique_ptr<PostgresConnection> connection;
    std::optional<PostgresError> failure;
    try {
        const Instant connected_by = std::min(deadline, now() + options_.connect_within);
        auto where = co_await hosts_.find(connected_by);
        connection = co_await PostgresConnection::open(io_, std::move(where), connected_by);
        co_await connection->script(options_.settings, deadline);
    } catch (const PostgresError& error) {
        failure = error;
    }
    if (failure) {
        --open_;
        figures_.open = open_;
        // The place is free again: whoever waits may try.
        serve_next(nullptr);
        throw PostgresError(*failure);
    }
    ++figures_.opened;
    ++figures_.in_use;
    ++figures_.taken;
    co_return connection;
}

Task<std::unique_ptr<PostgresConnection>> PostgresPool::take(Instant deadline) {
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back());
        idle_.pop_back();
        if (connection->closed_meanwhile()) {
            --open_;
            figures_.open = open_;
            ++figures_.lost;
            continue;
        }
        ++figures_.in_use;
        ++figures_.taken;
        co_return connection;
    }
    if (open_ < options_.connections_max) {
        figures_.open = ++open_;
        auto opened = co_await open(deadline);
        co_return opened;
    }
    if (waiters_.size() >= options_.waiting_max) {
        ++figures_.refused;
        co_return nullptr;
    }
    const Instant begun = now();
    Waiter waiter;
    waiters_.push_back(&waiter);
    figures_.waiting = waiters_.size();
    co_await waiter.woken.wait(deadline);
    figures_.waited_ns += ns_since(begun);
    if (!waiter.served) {
        std::erase(waiters_, &waiter);
        figures_.waiting = waiters_.size();
        ++figures_.refused;
        co_return nullptr;
    }
    if (waiter.connection != nullptr) {
        ++figures_.in_use;
        ++figures_.taken;
        co_return std::move(waiter.connection);
    }
    auto opened = co_await open(deadline);
    co_return opened;
}

/// Hands a connection, or the right to open one, to who waits longest.
void PostgresPool::serve_next(std::unique_ptr<PostgresConnection> connection) {
    if (waiters_.empty()) {
        if (connection != nullptr) idle_.push_back(std::move(connection));
        return;
    }
    Waiter* waiter = waiters_.front();
    waiters_.pop_front();
    figures_.waiting = waiters_.size();
    if (connection == nullptr) figures_.open = ++open_;
    waiter->connection = std::move(connection);
    waiter->served = true;
    waiter->woken.set();
}

void PostgresPool::give_back(std::unique_ptr<PostgresConnection> connection, Instant taken_at) {
    --figures_.in_use;
    figures_.held_ns += ns_since(taken_at);
    if (!connection->usable()) {
        connection.reset();
        --open_;
        figures_.open = open_;
        ++figures_.lost;
    }
    serve_next(std::move(connection));
}

void PostgresPool::drop_idle() {
    figures_.lost += idle_.size();
    open_ -= idle_.size();
    figures_.open = open_;
    idle_.clear();
}

}  // namespace marketday::adapters
