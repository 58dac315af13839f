#include "adapters/distributed/postgres_event_bus.hpp"

#include <algorithm>
#include <limits>
#include <unordered_set>

#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/stored/bus_group.hpp"
#include "base/clip_text.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;
using Error = Bus::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

using Done = Result<std::monostate, Error>;

/// Messages are published under one lock, so that positions become visible in their order and no group's cursor passes
/// one that is still being written.
Task<void> lock_log(PostgresSession& session) { co_await session.query("SELECT pg_advisory_xact_lock(7203, 4)"); }

Task<Done> publish_all(PostgresSession& session, const std::vector<Bus::Message>& messages, const ports::Fence& fence,
                       const std::int64_t& now_ms) {
    const bool holds = co_await fence_holds(session, fence);
    if (!holds) co_return fail(Error::fenced);
    co_await lock_log(session);
    PostgresArray ids{Of::texts}, topics{Of::texts}, bodies{Of::texts};
    for (const auto& message : messages) ids.add(message.id), topics.add(message.topic), bodies.add(message.body);
    auto last = PostgresSession::statement(
        "INSERT INTO bus_messages (message_id, topic, body, at_ms)"
        " SELECT n.id, n.topic, n.body, $4 FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY"
        " AS n (id, topic, body, place) WHERE NOT EXISTS (SELECT 1 FROM bus_messages m WHERE m.message_id = n.id)"
        " ORDER BY n.place ON CONFLICT (message_id) DO NOTHING",
        ids.take(), topics.take(), bodies.take(), now_ms);
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<std::monostate> ensure_one(PostgresSession& session, const Bus::Group& group, const std::string& topics) {
    // Back from another carrier, whose groups find nothing here and whose positions are far above.
    co_await session.query(
        "SELECT setval(pg_get_serial_sequence('bus_messages', 'position'), greatest(m.last,"
        " coalesce(pg_sequence_last_value(pg_get_serial_sequence('bus_messages', 'position')), 1)))"
        " FROM (SELECT max(position) AS last FROM bus_messages) m, bus_groups g"
        " WHERE g.name = $1 AND g.cursor = 9223372036854775807 AND m.last IS NOT NULL",
        group.name);
    co_await session.run(
        "INSERT INTO bus_groups (name, topics, ack_within_ms, deliveries_max, pause_first_ms, pause_max_ms, cursor)"
        " SELECT $1, $2, $3, $4, $5, $6, CASE WHEN $7 = 1 THEN 0 ELSE"
        " (SELECT coalesce(max(m.position), 0) FROM bus_messages m) END ON CONFLICT (name) DO UPDATE SET"
        " topics = $2, ack_within_ms = $3, deliveries_max = $4, pause_first_ms = $5, pause_max_ms = $6,"
        " cursor = CASE WHEN bus_groups.cursor = 9223372036854775807"
        " THEN (SELECT coalesce(max(m.position), 0) FROM bus_messages m) ELSE bus_groups.cursor END",
        group.name, topics, static_cast<std::int64_t>(group.ack_within.count()), group.deliveries_max,
        static_cast<std::int64_t>(group.pause_first.count()), static_cast<std::int64_t>(group.pause_max.count()),
        group.from_beginning);
    co_return std::monostate{};
}

#define MARKETDAY_PG_GROUP_COLUMNS "topics, ack_within_ms, deliveries_max, pause_first_ms, pause_max_ms, cursor"

/// Locked: the members of a group take turns.
Task<std::optional<BusGroup>> lock_group(PostgresSession& session, const std::string& name) {
    auto row = co_await session.query(
        "SELECT " MARKETDAY_PG_GROUP_COLUMNS " FROM bus_groups WHERE name = $1 FOR UPDATE", name);
    if (!row.step()) co_return std::nullopt;
    co_return BusGroup{row.text(0), row.integer(1), row.integer(2), row.integer(3), row.integer(4), row.integer(5)};
}

Task<bool> has_work(PostgresSession& session, const std::string& group, const std::int64_t& now_ms) {
    auto row = co_await session.query(
        "SELECT EXISTS (SELECT 1 FROM bus_deliveries d WHERE d.group_name = $1 AND d.visible_ms <= $2)"
        " OR coalesce((SELECT g.cursor FROM bus_groups g WHERE g.name = $1), -1)"
        " < (SELECT coalesce(max(m.position), 0) FROM bus_messages m)"
        " OR NOT EXISTS (SELECT 1 FROM bus_groups g WHERE g.name = $1)",
        group, now_ms);
    row.step();
    co_return row.integer(0) != 0;
}

void bury(std::vector<PostgresStatement>& statements, const std::string& group, std::int64_t position,
          std::string_view reason, std::int64_t now_ms) {
    statements.push_back(PostgresSession::statement(
        "INSERT INTO bus_dead_letters (position, group_name, message_id, topic, body, deliveries, reason, died_ms)"
        " SELECT m.position, d.group_name, m.message_id, m.topic, m.body, d.deliveries, $3, $4 FROM bus_deliveries d"
        " JOIN bus_messages m ON m.position = d.position WHERE d.group_name = $1 AND d.position = $2"
        " ON CONFLICT DO NOTHING",
        group, position, reason, now_ms));
    statements.push_back(PostgresSession::statement(
        "DELETE FROM bus_deliveries WHERE group_name = $1 AND position = $2", group, position));
}

/// What was given out before and is due again.
Task<void> take_due(PostgresSession& session, const std::string& name, const BusGroup& group, std::int64_t now_ms,
                    std::size_t messages_max, std::vector<Bus::Delivery>& given) {
    auto rows = co_await session.query(
        "SELECT d.position, m.message_id, m.topic, m.body, d.deliveries, d.reason"
        " FROM bus_deliveries d JOIN bus_messages m ON m.position = d.position"
        " WHERE d.group_name = $1 AND d.visible_ms <= $2 ORDER BY d.visible_ms LIMIT $3",
        name, now_ms, static_cast<std::int64_t>(messages_max));
    std::vector<PostgresStatement> changes;
    while (rows.step()) {
        Bus::Delivery delivery{rows.integer(0), {rows.text(1), rows.text(2), rows.text(3)}, rows.integer(4)};
        if (delivery.deliveries >= group.deliveries_max) {
            const std::string reason = rows.text(5);
            bury(changes, name, delivery.position, reason.empty() ? "never acknowledged" : reason, now_ms);
            continue;
        }
        ++delivery.deliveries;
        changes.push_back(PostgresSession::statement(
            "UPDATE bus_deliveries SET deliveries = $3, visible_ms = $4 WHERE group_name = $1 AND position = $2", name,
            delivery.position, delivery.deliveries, now_ms + group.hidden_ms(delivery.deliveries)));
        given.push_back(std::move(delivery));
    }
    if (!changes.empty()) co_await session.query_all(std::move(changes));
}

/// What has come since the group's cursor.
Task<void> take_new(PostgresSession& session, const std::string& name, const BusGroup& group, std::int64_t now_ms,
                    std::size_t messages_max, std::vector<Bus::Delivery>& given) {
    std::int64_t cursor = group.cursor;
    PostgresArray positions{Of::integers};
    // Topics that nobody of the group wants are passed over a slice at a time.
    constexpr std::int64_t kSlice = 256;
    for (bool more = true; more && given.size() < messages_max;) {
        auto rows = co_await session.query(
            "SELECT position, message_id, topic, CASE WHEN strpos($3, ',' || topic || ',') > 0 THEN body ELSE '' END"
            " FROM bus_messages WHERE position > $1 ORDER BY position LIMIT $2",
            cursor, kSlice, group.topics);
        more = rows.size() == static_cast<std::size_t>(kSlice);
        while (given.size() < messages_max && rows.step()) {
            cursor = rows.integer(0);
            if (!group.wants(rows.text_view(2))) continue;
            given.push_back({cursor, {rows.text(1), rows.text(2), rows.text(3)}, 1});
            positions.add(cursor);
        }
    }
    if (cursor == group.cursor) co_return;
    std::vector<PostgresStatement> changes;
    if (!positions.empty())
        changes.push_back(
            PostgresSession::statement("INSERT INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
                                       " SELECT $1, p, 1, $3 FROM unnest($2::bigint[]) AS p",
                                       name, positions.take(), now_ms + group.hidden_ms(1)));
    changes.push_back(PostgresSession::statement("UPDATE bus_groups SET cursor = $2 WHERE name = $1", name, cursor));
    co_await session.query_all(std::move(changes));
}

using Pulled = Result<std::vector<Bus::Delivery>, Error>;
Task<Pulled> pull_some(PostgresSession& session, const std::string& name, const std::int64_t& now_ms,
                       const std::size_t& messages_max) {
    const auto group = co_await lock_group(session, name);
    if (!group) co_return fail(Error::no_such_group);
    std::vector<Bus::Delivery> given;
    co_await take_due(session, name, *group, now_ms, messages_max, given);
    co_await take_new(session, name, *group, now_ms, messages_max, given);
    co_return given;
}

Task<std::monostate> acknowledge_all(PostgresSession& session, const std::string& group,
                                     const std::vector<std::int64_t>& positions) {
    PostgresArray done{Of::integers};
    for (const auto position : positions) done.add(position);
    const PostgresValue acknowledged = done.take();
    co_await session.run("DELETE FROM bus_deliveries WHERE group_name = $1 AND position = ANY ($2)", group,
                         acknowledged);
    co_return std::monostate{};
}

Task<Done> reject_one(PostgresSession& session, const std::string& name, const std::int64_t& position,
                      const std::string& reason, const std::int64_t& now_ms) {
    const auto group = co_await lock_group(session, name);
    if (!group) co_return fail(Error::no_such_group);
    auto row = co_await session.query("SELECT deliveries FROM bus_deliveries WHERE group_name = $1 AND position = $2",
                                      name, position);
    if (!row.step()) co_return std::monostate{};
    const std::int64_t deliveries = row.integer(0);
    std::vector<PostgresStatement> last;
    if (deliveries >= group->deliveries_max)
        bury(last, name, position, reason, now_ms);
    else
        last.push_back(PostgresSession::statement(
            "UPDATE bus_deliveries SET visible_ms = $3, reason = $4 WHERE group_name = $1 AND position = $2", name,
            position, now_ms + group->pause_ms(deliveries), reason));
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<std::vector<Bus::DeadLetter>> dead_of(PostgresSession& session, const std::string& group,
                                           const std::int64_t& before, const std::size_t& letters_max) {
#define MARKETDAY_PG_DEAD                                                                                     \
    "SELECT position, group_name, message_id, topic, body, deliveries, reason, died_ms FROM bus_dead_letters" \
    " WHERE position < $1"
    const auto most = static_cast<std::int64_t>(letters_max);
    std::vector<PostgresStatement> one;
    one.push_back(group.empty()
                      ? PostgresSession::statement(MARKETDAY_PG_DEAD " ORDER BY position DESC LIMIT $2", before, most)
                      : PostgresSession::statement(MARKETDAY_PG_DEAD
                                                   " AND group_name = $3 ORDER BY position DESC LIMIT $2",
                                                   before, most, group));
#undef MARKETDAY_PG_DEAD
    auto answers = co_await session.query_all(std::move(one));
    std::vector<Bus::DeadLetter> letters;
    for (auto& row = answers.front(); row.step();)
        letters.push_back({row.integer(0),
                           row.text(1),
                           {row.text(2), row.text(3), row.text(4)},
                           row.integer(5),
                           row.text(6),
                           from_unix_ms(row.integer(7))});
    co_return letters;
}

Task<bool> revive_one(PostgresSession& session, const std::string& group, const std::int64_t& position,
                      const std::int64_t& now_ms) {
    // The log may have forgotten the message since: it goes back to its old place.
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement(
        "INSERT INTO bus_messages (position, message_id, topic, body, at_ms) OVERRIDING SYSTEM VALUE"
        " SELECT position, message_id, topic, body, $3 FROM bus_dead_letters WHERE position = $1 AND group_name = $2"
        " ON CONFLICT DO NOTHING",
        position, group, now_ms));
    last.push_back(PostgresSession::statement(
        "INSERT INTO bus_deliveries (group_name, position, deliveries, visible_ms)"
        " SELECT group_name, position, 0, $3 FROM bus_dead_letters WHERE position = $1 AND group_name = $2"
        " ON CONFLICT (group_name, position) DO UPDATE SET deliveries = 0, visible_ms = excluded.visible_ms,"
        " reason = ''",
        position, group, now_ms));
    last.push_back(PostgresSession::statement("DELETE FROM bus_dead_letters WHERE position = $1 AND group_name = $2",
                                              position, group));
    auto answers = co_await session.finish_with(std::move(last));
    co_return answers.back().changes() == 1;
}

Task<std::vector<Bus::Backlog>> count_backlogs(PostgresSession& session) {
    auto rows = co_await session.query(
        "SELECT g.name, greatest((SELECT coalesce(max(m.position), 0) FROM bus_messages m) - g.cursor, 0)"
        " + (SELECT count(*) FROM bus_deliveries d WHERE d.group_name = g.name),"
        " (SELECT count(*) FROM bus_dead_letters l WHERE l.group_name = g.name) FROM bus_groups g"
        " WHERE g.name > '' ORDER BY g.name");
    std::vector<Bus::Backlog> backlogs;
    while (rows.step()) backlogs.push_back({rows.text(0), rows.integer(1), rows.integer(2)});
    co_return backlogs;
}

using Purged = Result<std::size_t, Error>;
Task<Purged> purge_old(PostgresSession& session, const WallTime& before, const std::size_t& messages_max,
                       const ports::Fence& fence) {
    const bool holds = co_await fence_holds(session, fence);
    if (!holds) co_return fail(Error::fenced);
    // Only the oldest are looked at: they come in the order of time, so the rest is younger.
    const auto purged = co_await session.run(
        "DELETE FROM bus_messages WHERE position IN (SELECT m.position FROM"
        " (SELECT position, at_ms FROM bus_messages ORDER BY position LIMIT $2) m"
        " WHERE m.position <= coalesce((SELECT min(g.cursor) FROM bus_groups g), 9223372036854775807)"
        " AND m.at_ms < $1 AND NOT EXISTS (SELECT 1 FROM bus_deliveries d WHERE d.position = m.position))",
        to_unix_ms(before), static_cast<std::int64_t>(messages_max));
    co_return static_cast<std::size_t>(purged);
}

}  // namespace

Bus::Answer<std::monostate> PostgresEventBus::publish(std::vector<Message> messages, ports::Fence fence) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written = co_await database_.write(Priority::shoppers, &publish_all, messages, fence, now_ms);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return *written;
}

Bus::Answer<std::monostate> PostgresEventBus::ensure_group(Group group) {
    const std::string topics = BusGroup::topics_of(group.topics);
    auto written = co_await database_.write(Priority::shoppers, &ensure_one, group, topics);
    co_return to_port<Error>(std::move(written));
}

Bus::Answer<std::vector<Bus::Delivery>> PostgresEventBus::pull(std::string group, std::size_t messages_max) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    // An idle consumer only reads.
    auto work = co_await database_.read(&has_work, group, now_ms);
    if (!work) co_return fail(to_port<Error>(std::move(work)).error());
    if (!*work) co_return std::vector<Delivery>{};
    auto written = co_await database_.write(Priority::shoppers, &pull_some, group, now_ms, messages_max);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return std::move(*written);
}

Bus::Answer<std::monostate> PostgresEventBus::acknowledge(std::string group, std::vector<std::int64_t> positions) {
    auto written = co_await database_.write(Priority::shoppers, &acknowledge_all, group, positions);
    co_return to_port<Error>(std::move(written));
}

Bus::Answer<std::monostate> PostgresEventBus::reject(std::string group, std::int64_t position, std::string reason) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    reason.resize(clip_text(reason, 200).size());
    auto written = co_await database_.write(Priority::shoppers, &reject_one, group, position, reason, now_ms);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return *written;
}

Bus::Answer<std::vector<Bus::DeadLetter>> PostgresEventBus::dead_letters(std::string group,
                                                                         std::int64_t before_position,
                                                                         std::size_t letters_max) {
    if (before_position == 0) before_position = std::numeric_limits<std::int64_t>::max();
    auto found = co_await database_.read(&dead_of, group, before_position, letters_max);
    co_return to_port<Error>(std::move(found));
}

Bus::Answer<bool> PostgresEventBus::revive(std::string group, std::int64_t position) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written = co_await database_.write(Priority::operators, &revive_one, group, position, now_ms);
    co_return to_port<Error>(std::move(written));
}

Bus::Answer<std::vector<Bus::Backlog>> PostgresEventBus::backlogs() {
    auto found = co_await database_.read(&count_backlogs);
    co_return to_port<Error>(std::move(found));
}

Bus::Answer<std::size_t> PostgresEventBus::purge(WallTime before, std::size_t messages_max, ports::Fence fence) {
    auto written = co_await database_.write(Priority::shoppers, &purge_old, before, messages_max, fence);
    if (!written) co_return fail(to_port<Error>(std::move(written)).error());
    co_return *written;
}

ports::EventMemory::Answer<std::vector<bool>> PostgresEventMemory::seen(std::string consumer,
                                                                        std::vector<std::string> events) {
    using MemoryError = ports::EventMemory::Error;
    auto found = co_await database_.read(
        [](PostgresSession& session, const std::string& of,
           const std::vector<std::string>& wanted) -> Task<std::vector<bool>> {
            PostgresArray ids{Of::texts};
            for (const auto& event : wanted) ids.add(event);
            const PostgresValue asked = ids.take();
            auto rows = co_await session.query(
                "SELECT event_id FROM events_seen WHERE consumer = $1 AND event_id = ANY ($2)", of, asked);
            std::unordered_set<std::string> known;
            while (rows.step()) known.insert(rows.text(0));
            std::vector<bool> seen;
            for (const auto& event : wanted) seen.push_back(known.contains(event));
            co_return seen;
        },
        consumer, events);
    co_return to_port<MemoryError>(std::move(found));
}

ports::EventMemory::Answer<std::monostate> PostgresEventMemory::remember(std::string consumer,
                                                                         std::vector<std::string> events, WallTime at) {
    using MemoryError = ports::EventMemory::Error;
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const std::string& of, const std::vector<std::string>& dealt_with,
           const std::int64_t& at_ms) -> Task<std::monostate> {
            PostgresArray ids{Of::texts};
            for (const auto& event : dealt_with) ids.add(event);
            const PostgresValue known = ids.take();
            co_await session.run(
                "INSERT INTO events_seen (consumer, event_id, at_ms)"
                " SELECT $1, e, $3 FROM unnest($2::text[]) AS e ORDER BY e COLLATE \"C\" ON CONFLICT DO NOTHING",
                of, known, at_ms);
            co_return std::monostate{};
        },
        consumer, events, to_unix_ms(at));
    co_return to_port<MemoryError>(std::move(written));
}

ports::EventMemory::Answer<std::size_t> PostgresEventMemory::forget(WallTime before, std::size_t events_max,
                                                                    ports::Fence fence) {
    using MemoryError = ports::EventMemory::Error;
    auto written = co_await database_.write(
        Priority::shoppers,
        [](PostgresSession& session, const std::int64_t& before_ms, const std::int64_t& most,
           const ports::Fence& held) -> Task<std::size_t> {
            const bool holds = co_await fence_holds(session, held);
            if (!holds) co_return std::size_t{0};
            const auto forgotten = co_await session.run(
                "DELETE FROM events_seen WHERE (consumer, event_id) IN (SELECT consumer, event_id"
                " FROM events_seen WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)",
                before_ms, most);
            co_return static_cast<std::size_t>(forgotten);
        },
        to_unix_ms(before), static_cast<std::int64_t>(events_max), fence);
    co_return to_port<MemoryError>(std::move(written));
}

}  // namespace marketday::adapters
