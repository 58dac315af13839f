#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/event_bus.hpp"

namespace marketday::adapters {

/// A bus in PostgreSQL: a log of messages, a cursor a group, and a row for each delivery under way.
class PostgresEventBus final : public ports::EventBus {
public:
    PostgresEventBus(PostgresDatabase& database, const Clock& clock) : database_(database), clock_(clock) {}

    Answer<std::monostate> publish(std::vector<Message> messages, ports::Fence fence) override;
    Answer<std::monostate> ensure_group(Group group) override;
    Answer<std::vector<Delivery>> pull(std::string group, std::size_t messages_max) override;
    Answer<std::monostate> acknowledge(std::string group, std::vector<std::int64_t> positions) override;
    Answer<std::monostate> reject(std::string group, std::int64_t position, std::string reason) override;
    Answer<std::vector<DeadLetter>> dead_letters(std::string group, std::int64_t before_position,
                                                 std::size_t letters_max) override;
    Answer<bool> revive(std::string group, std::int64_t position) override;
    Answer<std::vector<Waiting>> waiting(std::string group, std::string topic, std::int64_t after_position,
                                         std::size_t messages_max) override;
    Answer<bool> hurry(std::string group, std::int64_t position) override;
    Answer<std::vector<Backlog>> backlogs() override;
    Answer<std::size_t> purge(WallTime before, std::size_t messages_max, ports::Fence fence) override;

private:
    PostgresDatabase& database_;
    const Clock& clock_;
};

/// Events dealt with, in PostgreSQL: table events_seen.
class PostgresEventMemory final : public ports::EventMemory {
public:
    explicit PostgresEventMemory(PostgresDatabase& database) : database_(database) {}

    Answer<std::vector<bool>> seen(std::string consumer, std::vector<std::string> events) override;
    Answer<std::monostate> remember(std::string consumer, std::vector<std::string> events, WallTime at) override;
    Answer<std::size_t> forget(WallTime before, std::size_t events_max, ports::Fence fence) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
