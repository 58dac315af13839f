#include "adapters/distributed/postgres_set_aside.hpp"

#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/stored/bus_group.hpp"
#include "base/clip_text.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;
using Error = Bus::Error;
using Priority = PostgresDatabase::Priority;
using Done = Result<std::monostate, Error>;

// A cursor behind which nothing can come.
#define MARKETDAY_PG_END "9223372036854775807"

Task<std::monostate> ensure_one(PostgresSession& session, const Bus::Group& group, const std::string& topics,
                                const std::int64_t& now_ms) {
    co_await session.run(
        "INSERT INTO bus_groups (name, topics, ack_within_ms, deliveries_max, pause_first_ms, pause_max_ms, cursor)"
        " VALUES ($1, $2, $3, $4, $5, $6, " MARKETDAY_PG_END
        ") ON CONFLICT (name) DO UPDATE SET"
        " topics = $2, ack_within_ms = $3, deliveries_max = $4, pause_first_ms = $5, pause_max_ms = $6",
        group.name, topics, static_cast<std::int64_t>(group.ack_within.count()), group.deliveries_max,
        static_cast<std::int64_t>(group.pause_first.count()), static_cast<std::int64_t>(group.pause_max.count()));
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement(
        "INSERT INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
        " SELECT $1, m.position, 0, $3 FROM bus_messages m WHERE m.position >"
        " (SELECT g.cursor FROM bus_groups g WHERE g.name = $1) AND strpos($2, ',' || m.topic || ',') > 0"
        " ON CONFLICT DO NOTHING",
        group.name, topics, now_ms));
    last.push_back(
        PostgresSession::statement("UPDATE bus_groups SET cursor = " MARKETDAY_PG_END " WHERE name = $1", group.name));
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<Done> set_one_aside(PostgresSession& session, const std::string& name, const Bus::Delivery& delivery,
                         const std::string& reason, const std::int64_t& now_ms) {
    const auto& [at, message, deliveries] = delivery;
    auto row = co_await session.query(
        "SELECT topics, ack_within_ms, deliveries_max, pause_first_ms, pause_max_ms, cursor FROM bus_groups"
        " WHERE name = $1 FOR UPDATE",
        name);
    if (!row.step()) co_return fail(Error::no_such_group);
    const BusGroup group{row.text(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
    // One row a message, however many groups set it aside.
    auto kept = co_await session.query(
        "INSERT INTO bus_messages (position, message_id, topic, body, at_ms) OVERRIDING SYSTEM VALUE"
        // Where another message stands at its place, it gets one of its own.
        " SELECT CASE WHEN EXISTS (SELECT 1 FROM bus_messages m WHERE m.position = $1 AND m.message_id <> $2)"
        " THEN nextval(pg_get_serial_sequence('bus_messages', 'position')) ELSE $1 END, $2, $3, $4, $5"
        " ON CONFLICT (message_id) DO UPDATE SET topic = excluded.topic RETURNING position",
        at, message.id, message.topic, message.body, now_ms);
    kept.step();
    const std::int64_t position = kept.integer(0);
    if (deliveries >= group.deliveries_max)
        co_await session.run(
            "INSERT INTO bus_dead_letters (position, group_name, message_id, topic, body, deliveries, reason, died_ms)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
            position, name, message.id, message.topic, message.body, deliveries, reason, now_ms);
    else
        co_await session.run(
            "INSERT INTO bus_deliveries AS d (group_name, position, deliveries, visible_ms, reason)"
            " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (group_name, position) DO UPDATE SET"
            " deliveries = greatest(d.deliveries, $3), visible_ms = $4, reason = $5",
            name, position, deliveries, now_ms + group.pause_ms(deliveries), reason);
    co_return std::monostate{};
}

Task<std::monostate> give_all(PostgresSession& session, const std::vector<Bus::Message>& messages,
                              const std::int64_t& now_ms) {
    for (const auto& message : messages) {
        auto kept = co_await session.query(
            "INSERT INTO bus_messages (message_id, topic, body, at_ms) VALUES ($1, $2, $3, $4)"
            " ON CONFLICT (message_id) DO UPDATE SET topic = excluded.topic RETURNING position",
            message.id, message.topic, message.body, now_ms);
        kept.step();
        const std::int64_t position = kept.integer(0);
        co_await session.run(
            "INSERT INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
            " SELECT g.name, $1, 0, $3 FROM bus_groups g WHERE strpos(g.topics, ',' || $2 || ',') > 0"
            " ON CONFLICT DO NOTHING",
            position, message.topic, now_ms);
    }
    co_return std::monostate{};
}

/// A slice, so that no transaction holds the whole outbox. The first position of the next; 0: that was all.
Task<std::int64_t> unsend_some(PostgresSession& session, const std::int64_t& from) {
    constexpr std::int64_t kSlice = 5000;
    auto row = co_await session.query(
        "WITH kept AS (SELECT position FROM outbox WHERE position >= $1 ORDER BY position LIMIT $2), again AS"
        " (UPDATE outbox SET sent = 0 WHERE position IN (SELECT position FROM kept) AND sent = 1)"
        " SELECT coalesce(max(position), 0) FROM kept",
        from, kSlice);
    row.step();
    const std::int64_t last = row.integer(0);
    co_return last == 0 ? 0 : last + 1;
}

Task<std::optional<std::int64_t>> head_to_catch_up(PostgresSession& session, const std::string& name) {
    auto row = co_await session.query(
        "SELECT h.position FROM outbox_head h, bus_groups g WHERE g.name = $1 AND g.caught_up <> h.position"
        " AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.sent = 0)",
        name);
    if (!row.step()) co_return std::nullopt;
    co_return row.integer(0);
}

}  // namespace

Bus::Answer<std::monostate> PostgresSetAside::ensure_group(Bus::Group group) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    const std::string topics = BusGroup::topics_of(group.topics);
    auto written = co_await database_.write(Priority::shoppers, &ensure_one, group, topics, now_ms);
    co_return to_port<Error>(std::move(written));
}

Bus::Answer<std::monostate> PostgresSetAside::set_aside(std::string group, Bus::Delivery delivery, std::string reason) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    reason.resize(clip_text(reason, 200).size());
    auto written = co_await database_.write(Priority::shoppers, &set_one_aside, group, delivery, reason, now_ms);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return *written;
}

Bus::Answer<std::monostate> PostgresSetAside::give_to_groups(std::vector<Bus::Message> messages) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written = co_await database_.write(Priority::shoppers, &give_all, messages, now_ms);
    co_return to_port<Error>(std::move(written));
}

Bus::Answer<bool> PostgresSetAside::holds(ports::Fence fence) {
    auto held = co_await database_.write(Priority::shoppers, &fence_holds, fence);
    co_return to_port<Error>(std::move(held));
}

Bus::Answer<bool> PostgresSetAside::send_all_again() {
    bool any = false;
    for (std::int64_t from = 1; from != 0;) {
        auto written = co_await database_.write(Priority::shoppers, &unsend_some, from);
        if (!written) co_return fail(to_port<Error>(std::move(written)).error());
        from = *written;
        any = any || from != 0;
    }
    co_return any;
}

Bus::Answer<std::optional<std::int64_t>> PostgresSetAside::to_catch_up(std::string group) {
    auto found = co_await database_.read(&head_to_catch_up, group);
    co_return to_port<Error>(std::move(found));
}

Bus::Answer<std::monostate> PostgresSetAside::caught_up(std::string group, std::int64_t outbox_position) {
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const std::string& name, const std::int64_t& position) -> Task<std::monostate> {
            co_await session.run("UPDATE bus_groups SET caught_up = $2 WHERE name = $1", name, position);
            co_return std::monostate{};
        },
        group, outbox_position);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
