// What an operator sees of messages that are not delivered yet.

#include <algorithm>

#include "adapters/distributed/postgres_event_bus.hpp"

namespace marketday::adapters {
namespace {

using Bus = ports::EventBus;
using Error = Bus::Error;

struct Search {
    std::string group;
    std::string topic;
    std::int64_t after = 0;
    std::int64_t messages_max = 0;
};

Task<void> add_given_out(PostgresSession& session, const Search& search, std::vector<Bus::Waiting>& found) {
    auto row = co_await session.query(
        "SELECT d.position, d.group_name, m.message_id, m.topic, m.body, d.deliveries, d.reason, d.visible_ms"
        " FROM bus_deliveries d JOIN bus_messages m ON m.position = d.position"
        " WHERE d.position > $1 AND ($2 = '' OR d.group_name = $2) AND ($3 = '' OR m.topic = $3)"
        " ORDER BY d.position LIMIT $4",
        search.after, search.group, search.topic, search.messages_max);
    while (row.step())
        found.push_back({.position = row.integer(0),
                         .group = row.text(1),
                         .message = {row.text(2), row.text(3), row.text(4)},
                         .deliveries = row.integer(5),
                         .reason = row.text(6),
                         .due_at = from_unix_ms(row.integer(7))});
}

Task<void> add_not_given_out(PostgresSession& session, const Search& search, std::vector<Bus::Waiting>& found) {
    auto row = co_await session.query(
        "SELECT m.position, g.name, m.message_id, m.topic, m.body FROM bus_groups g"
        " CROSS JOIN LATERAL (SELECT * FROM bus_messages b WHERE b.position > greatest(g.cursor, $1)"
        " AND ($3 = '' OR b.topic = $3) AND strpos(g.topics, ',' || b.topic || ',') > 0"
        " ORDER BY b.position LIMIT $4) m WHERE $2 = '' OR g.name = $2",
        search.after, search.group, search.topic, search.messages_max);
    while (row.step())
        found.push_back({.position = row.integer(0),
                         .group = row.text(1),
                         .message = {row.text(2), row.text(3), row.text(4)},
                         .deliveries = 0,
                         .reason = {},
                         .due_at = std::nullopt});
}

Task<std::vector<Bus::Waiting>> find_waiting(PostgresSession& session, const Search& search) {
    std::vector<Bus::Waiting> found;
    co_await add_given_out(session, search, found);
    co_await add_not_given_out(session, search, found);
    std::ranges::stable_sort(found, {}, &Bus::Waiting::position);
    if (found.size() > static_cast<std::size_t>(search.messages_max))
        found.resize(static_cast<std::size_t>(search.messages_max));
    co_return found;
}

}  // namespace

Bus::Answer<std::vector<Bus::Waiting>> PostgresEventBus::waiting(std::string group, std::string topic,
                                                                 std::int64_t after_position,
                                                                 std::size_t messages_max) {
    const Search search{std::move(group), std::move(topic), after_position, static_cast<std::int64_t>(messages_max)};
    auto found = co_await database_.read_snapshot(&find_waiting, search);
    co_return to_port<Error>(std::move(found));
}

Bus::Answer<bool> PostgresEventBus::hurry(std::string group, std::int64_t position) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto written = co_await database_.write(
        PostgresDatabase::Priority::operators,
        [](PostgresSession& session, const std::string& of, const std::int64_t& at,
           const std::int64_t& now) -> Task<bool> {
            const auto hurried = co_await session.run(
                "UPDATE bus_deliveries SET visible_ms = least(visible_ms, $3) WHERE group_name = $1 AND position = $2",
                of, at, now);
            co_return hurried == 1;
        },
        group, position, now_ms);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
