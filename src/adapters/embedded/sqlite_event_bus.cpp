#include "adapters/embedded/sqlite_event_bus.hpp"

#include <algorithm>
#include <limits>

#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/stored/bus_group.hpp"
#include "base/clip_text.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;

Bus::Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::outcome_unknown: return Bus::Error::outcome_unknown;
        case StoreFailure::unavailable:
        case StoreFailure::full: return Bus::Error::unavailable;
    }
    return Bus::Error::unavailable;
}

ports::EventMemory::Error to_memory_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::outcome_unknown: return ports::EventMemory::Error::outcome_unknown;
        case StoreFailure::unavailable:
        case StoreFailure::full: return ports::EventMemory::Error::unavailable;
    }
    return ports::EventMemory::Error::unavailable;
}

std::optional<BusGroup> find_group(SqliteConnection& connection, const std::string& name) {
    auto row = connection.query(
        "SELECT topics, ack_within_ms, deliveries_max, pause_first_ms, pause_max_ms, cursor"
        " FROM bus_groups WHERE name = ?1",
        name);
    if (!row.step()) return std::nullopt;
    return BusGroup{row.text(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
}

std::int64_t last_position(SqliteConnection& connection) {
    auto row = connection.query("SELECT coalesce(max(position), 0) FROM bus_messages");
    row.step();
    return row.integer(0);
}

bool has_work(SqliteConnection& connection, const std::string& group, std::int64_t now_ms) {
    {
        auto row = connection.query("SELECT 1 FROM bus_deliveries WHERE group_name = ?1 AND visible_ms <= ?2 LIMIT 1",
                                    group, now_ms);
        if (row.step()) return true;
    }
    const auto found = find_group(connection, group);
    return !found || found->cursor < last_position(connection);
}

void bury(SqliteConnection& connection, const std::string& group, std::int64_t position, std::string_view reason,
          std::int64_t now_ms) {
    connection.run(
        "INSERT OR IGNORE INTO bus_dead_letters (position, group_name, message_id, topic, body, deliveries,"
        " reason, died_ms) SELECT m.position, d.group_name, m.message_id, m.topic, m.body, d.deliveries, ?3,"
        " ?4 FROM bus_deliveries d JOIN bus_messages m ON m.position = d.position"
        " WHERE d.group_name = ?1 AND d.position = ?2",
        group, position, reason, now_ms);
    connection.run("DELETE FROM bus_deliveries WHERE group_name = ?1 AND position = ?2", group, position);
}

struct DueRow {
    Bus::Delivery delivery;
    std::string reason;
};

std::vector<DueRow> due_again(SqliteConnection& connection, const std::string& group, std::int64_t now_ms,
                              std::size_t messages_max) {
    std::vector<DueRow> due;
    auto row = connection.query(
        "SELECT d.position, m.message_id, m.topic, m.body, d.deliveries, d.reason"
        " FROM bus_deliveries d JOIN bus_messages m ON m.position = d.position"
        " WHERE d.group_name = ?1 AND d.visible_ms <= ?2 ORDER BY d.visible_ms LIMIT ?3",
        group, now_ms, static_cast<std::int64_t>(messages_max));
    while (row.step())
        due.push_back({{row.integer(0), {row.text(1), row.text(2), row.text(3)}, row.integer(4)}, row.text(5)});
    return due;
}

void take_due(SqliteConnection& connection, const std::string& name, const BusGroup& group, std::int64_t now_ms,
              std::size_t messages_max, std::vector<Bus::Delivery>& given) {
    for (auto& row : due_again(connection, name, now_ms, messages_max)) {
        if (row.delivery.deliveries >= group.deliveries_max) {
            bury(connection, name, row.delivery.position, row.reason.empty() ? "never acknowledged" : row.reason,
                 now_ms);
            continue;
        }
        ++row.delivery.deliveries;
        connection.run(
            "UPDATE bus_deliveries SET deliveries = ?3, visible_ms = ?4"
            " WHERE group_name = ?1 AND position = ?2",
            name, row.delivery.position, row.delivery.deliveries, now_ms + group.hidden_ms(row.delivery.deliveries));
        given.push_back(std::move(row.delivery));
    }
}

void take_new(SqliteConnection& connection, const std::string& name, const BusGroup& group, std::int64_t now_ms,
              std::size_t messages_max, std::vector<Bus::Delivery>& given) {
    std::int64_t cursor = group.cursor;
    {
        auto row = connection.query(
            "SELECT position, message_id, topic, body FROM bus_messages WHERE position > ?1"
            " ORDER BY position",
            group.cursor);
        while (given.size() < messages_max && row.step()) {
            cursor = row.integer(0);
            if (!group.wants(row.text_view(2))) continue;
            given.push_back({cursor, {row.text(1), row.text(2), row.text(3)}, 1});
            connection.run(
                "INSERT INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
                " VALUES (?1, ?2, 1, ?3)",
                name, cursor, now_ms + group.hidden_ms(1));
        }
    }
    if (cursor != group.cursor) connection.run("UPDATE bus_groups SET cursor = ?2 WHERE name = ?1", name, cursor);
}

}  // namespace

Bus::Answer<std::monostate> SqliteEventBus::publish(std::vector<Message> messages, ports::Fence fence) {
    using Outcome = Result<std::monostate, Error>;
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written =
        co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) -> Outcome {
            if (!fence_holds(connection, fence)) return fail(Error::fenced);
            for (const auto& message : messages)
                connection.run(
                    "INSERT INTO bus_messages (message_id, topic, body, at_ms) VALUES (?1, ?2, ?3, ?4)"
                    " ON CONFLICT (message_id) DO NOTHING",
                    message.id, message.topic, message.body, now_ms);
            return std::monostate{};
        });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

Bus::Answer<std::monostate> SqliteEventBus::ensure_group(Group group) {
    const std::string topics = BusGroup::topics_of(group.topics);
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        const std::int64_t cursor = group.from_beginning ? 0 : last_position(connection);
        connection.run(
            "INSERT INTO bus_groups (name, topics, ack_within_ms, deliveries_max, pause_first_ms,"
            " pause_max_ms, cursor) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO UPDATE SET"
            " topics = ?2, ack_within_ms = ?3, deliveries_max = ?4, pause_first_ms = ?5, pause_max_ms = ?6",
            group.name, topics, group.ack_within.count(), group.deliveries_max, group.pause_first.count(),
            group.pause_max.count(), cursor);
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

Bus::Answer<std::vector<Bus::Delivery>> SqliteEventBus::pull(std::string group, std::size_t messages_max) {
    using Outcome = Result<std::vector<Delivery>, Error>;
    const auto now_ms = to_unix_ms(clock_.wall_now());
    // An idle consumer asks a reader, so that polling costs the writer nothing.
    auto work =
        co_await database_.read([&](SqliteConnection& connection) { return has_work(connection, group, now_ms); });
    if (!work) co_return fail(to_port_error(work.error()));
    if (!*work) co_return std::vector<Delivery>{};
    auto written =
        co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) -> Outcome {
            const auto row = find_group(connection, group);
            if (!row) return fail(Error::no_such_group);
            std::vector<Delivery> given;
            take_due(connection, group, *row, now_ms, messages_max, given);
            take_new(connection, group, *row, now_ms, messages_max, given);
            return given;
        });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::move(*written);
}

Bus::Answer<std::monostate> SqliteEventBus::acknowledge(std::string group, std::vector<std::int64_t> positions) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        for (const auto position : positions)
            connection.run("DELETE FROM bus_deliveries WHERE group_name = ?1 AND position = ?2", group, position);
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

Bus::Answer<std::monostate> SqliteEventBus::reject(std::string group, std::int64_t position, std::string reason) {
    using Outcome = Result<std::monostate, Error>;
    const auto now_ms = to_unix_ms(clock_.wall_now());
    reason.resize(clip_text(reason, 200).size());
    auto written =
        co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) -> Outcome {
            const auto found = find_group(connection, group);
            if (!found) return fail(Error::no_such_group);
            std::int64_t deliveries = 0;
            {
                auto row = connection.query(
                    "SELECT deliveries FROM bus_deliveries WHERE group_name = ?1 AND position = ?2", group, position);
                if (!row.step()) return std::monostate{};
                deliveries = row.integer(0);
            }
            if (deliveries >= found->deliveries_max)
                bury(connection, group, position, reason, now_ms);
            else
                connection.run(
                    "UPDATE bus_deliveries SET visible_ms = ?3, reason = ?4"
                    " WHERE group_name = ?1 AND position = ?2",
                    group, position, now_ms + found->pause_ms(deliveries), reason);
            return std::monostate{};
        });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

Bus::Answer<std::vector<Bus::DeadLetter>> SqliteEventBus::dead_letters(std::string group, std::int64_t before_position,
                                                                       std::size_t letters_max) {
    if (before_position == 0) before_position = std::numeric_limits<std::int64_t>::max();
    auto found = co_await database_.read([&](SqliteConnection& connection) {
        std::vector<DeadLetter> letters;
        auto row = group.empty() ? connection.query(
                                       "SELECT position, group_name, message_id, topic, body, deliveries, reason,"
                                       " died_ms FROM bus_dead_letters WHERE position < ?1"
                                       " ORDER BY position DESC LIMIT ?2",
                                       before_position, static_cast<std::int64_t>(letters_max))
                                 : connection.query(
                                       "SELECT position, group_name, message_id, topic, body, deliveries, reason,"
                                       " died_ms FROM bus_dead_letters WHERE group_name = ?3 AND position < ?1"
                                       " ORDER BY position DESC LIMIT ?2",
                                       before_position, static_cast<std::int64_t>(letters_max), group);
        while (row.step())
            letters.push_back({row.integer(0),
                               row.text(1),
                               {row.text(2), row.text(3), row.text(4)},
                               row.integer(5),
                               row.text(6),
                               from_unix_ms(row.integer(7))});
        return letters;
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Bus::Answer<bool> SqliteEventBus::revive(std::string group, std::int64_t position) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, [&](SqliteConnection& connection) {
        // The log may have forgotten the message since: it goes back to its old place.
        connection.run(
            "INSERT OR IGNORE INTO bus_messages (position, message_id, topic, body, at_ms)"
            " SELECT position, message_id, topic, body, ?3 FROM bus_dead_letters"
            " WHERE position = ?1 AND group_name = ?2",
            position, group, now_ms);
        connection.run(
            "INSERT OR REPLACE INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
            " SELECT group_name, position, 0, ?3 FROM bus_dead_letters"
            " WHERE position = ?1 AND group_name = ?2",
            position, group, now_ms);
        connection.run("DELETE FROM bus_dead_letters WHERE position = ?1 AND group_name = ?2", position, group);
        return connection.changes() == 1;
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

Bus::Answer<std::vector<Bus::Backlog>> SqliteEventBus::backlogs() {
    auto found = co_await database_.read([](SqliteConnection& connection) {
        const auto last = last_position(connection);
        std::vector<Backlog> backlogs;
        auto row = connection.query(
            "SELECT g.name, ?1 - g.cursor + (SELECT count(*) FROM bus_deliveries d WHERE d.group_name = g.name),"
            " (SELECT count(*) FROM bus_dead_letters l WHERE l.group_name = g.name) FROM bus_groups g",
            last);
        while (row.step()) backlogs.push_back({row.text(0), std::max<std::int64_t>(row.integer(1), 0), row.integer(2)});
        return backlogs;
    });
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Bus::Answer<std::size_t> SqliteEventBus::purge(WallTime before, std::size_t messages_max, ports::Fence fence) {
    using Outcome = Result<std::size_t, Error>;
    auto written =
        co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) -> Outcome {
            if (!fence_holds(connection, fence)) return fail(Error::fenced);
            // Only the oldest are looked at: they come in the order of time, so the rest is younger.
            connection.run(
                "DELETE FROM bus_messages WHERE position IN (SELECT position FROM"
                " (SELECT position, at_ms FROM bus_messages ORDER BY position LIMIT ?2) m"
                " WHERE position <= coalesce((SELECT min(cursor) FROM bus_groups), 9223372036854775807)"
                " AND at_ms < ?1"
                " AND NOT EXISTS (SELECT 1 FROM bus_deliveries d WHERE d.position = m.position))",
                to_unix_ms(before), static_cast<std::int64_t>(messages_max));
            return static_cast<std::size_t>(connection.changes());
        });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

ports::EventMemory::Answer<std::vector<bool>> SqliteEventMemory::seen(std::string consumer,
                                                                      std::vector<std::string> events) {
    auto found = co_await database_.read([&](SqliteConnection& connection) {
        std::vector<bool> seen;
        seen.reserve(events.size());
        for (const auto& event : events) {
            auto row =
                connection.query("SELECT 1 FROM events_seen WHERE consumer = ?1 AND event_id = ?2", consumer, event);
            seen.push_back(row.step());
        }
        return seen;
    });
    if (!found) co_return fail(to_memory_error(found.error()));
    co_return std::move(*found);
}

ports::EventMemory::Answer<std::monostate> SqliteEventMemory::remember(std::string consumer,
                                                                       std::vector<std::string> events, WallTime at) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        for (const auto& event : events)
            connection.run("INSERT OR IGNORE INTO events_seen (consumer, event_id, at_ms) VALUES (?1, ?2, ?3)",
                           consumer, event, to_unix_ms(at));
        return std::monostate{};
    });
    if (!written) co_return fail(to_memory_error(written.error()));
    co_return std::monostate{};
}

ports::EventMemory::Answer<std::size_t> SqliteEventMemory::forget(WallTime before, std::size_t events_max,
                                                                  ports::Fence fence) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        if (!fence_holds(connection, fence)) return std::size_t{0};
        connection.run(
            "DELETE FROM events_seen WHERE (consumer, event_id) IN (SELECT consumer, event_id"
            " FROM events_seen WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
            to_unix_ms(before), static_cast<std::int64_t>(events_max));
        return static_cast<std::size_t>(connection.changes());
    });
    if (!written) co_return fail(to_memory_error(written.error()));
    co_return *written;
}

}  // namespace marketday::adapters
