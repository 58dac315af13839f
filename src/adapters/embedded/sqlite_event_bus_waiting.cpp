// What an operator sees of messages that are not delivered yet.

#include <algorithm>

#include "adapters/embedded/sqlite_event_bus.hpp"

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

struct Search {
    std::string group;
    std::string topic;
    std::int64_t after = 0;
    std::int64_t messages_max = 0;
};

struct GroupAt {
    std::string name;
    std::string topics;
    std::int64_t cursor = 0;
};

std::vector<GroupAt> groups_of(SqliteConnection& c, const std::string& wanted) {
    std::vector<GroupAt> groups;
    auto row = c.query("SELECT name, topics, cursor FROM bus_groups WHERE ?1 = '' OR name = ?1 ORDER BY name", wanted);
    while (row.step()) groups.push_back({row.text(0), row.text(1), row.integer(2)});
    return groups;
}

void add_given_out(SqliteConnection& c, const Search& search, std::vector<Bus::Waiting>& found) {
    auto row = c.query(
        "SELECT d.position, d.group_name, m.message_id, m.topic, m.body, d.deliveries, d.reason, d.visible_ms"
        " FROM bus_deliveries d INDEXED BY bus_deliveries_of_message JOIN bus_messages m ON m.position = d.position"
        " WHERE d.position > ?1 AND d.position < 9223372036854775807 AND (?2 = '' OR d.group_name = ?2)"
        " AND (?3 = '' OR m.topic = ?3) ORDER BY d.position LIMIT ?4",
        search.after, search.group, search.topic, search.messages_max);
    while (row.step())
        found.push_back({.position = row.integer(0),
                         .group = row.text(1),
                         .message = {row.text(2), row.text(3), row.text(4)},
                         .deliveries = row.integer(5),
                         .reason = row.text(6),
                         .due_at = from_unix_ms(row.integer(7))});
}

void add_not_given_out(SqliteConnection& c, const Search& search, const GroupAt& group,
                       std::vector<Bus::Waiting>& found) {
    auto row = c.query(
        "SELECT position, message_id, topic, body FROM bus_messages"
        " WHERE position > ?1 AND position < 9223372036854775807 AND (?2 = '' OR topic = ?2)"
        " AND instr(?3, ',' || topic || ',') > 0 ORDER BY position LIMIT ?4",
        std::max(group.cursor, search.after), search.topic, group.topics, search.messages_max);
    while (row.step())
        found.push_back({.position = row.integer(0),
                         .group = group.name,
                         .message = {row.text(1), row.text(2), row.text(3)},
                         .deliveries = 0,
                         .reason = {},
                         .due_at = std::nullopt});
}

}  // namespace

Bus::Answer<std::vector<Bus::Waiting>> SqliteEventBus::waiting(std::string group, std::string topic,
                                                               std::int64_t after_position, std::size_t messages_max) {
    const Search search{std::move(group), std::move(topic), after_position, static_cast<std::int64_t>(messages_max)};
    auto work = [&search](SqliteConnection& c) {
        std::vector<Waiting> found;
        add_given_out(c, search, found);
        for (const auto& each : groups_of(c, search.group)) add_not_given_out(c, search, each, found);
        std::ranges::stable_sort(found, {}, &Waiting::position);
        if (found.size() > static_cast<std::size_t>(search.messages_max))
            found.resize(static_cast<std::size_t>(search.messages_max));
        return found;
    };
    auto found = co_await database_.read(work);
    if (!found) co_return fail(to_port_error(found.error()));
    co_return std::move(*found);
}

Bus::Answer<bool> SqliteEventBus::hurry(std::string group, std::int64_t position) {
    const auto now_ms = to_unix_ms(clock_.wall_now());
    auto work = [&](SqliteConnection& c) {
        c.run("UPDATE bus_deliveries SET visible_ms = min(visible_ms, ?3) WHERE group_name = ?1 AND position = ?2",
              group, position, now_ms);
        return c.changes() == 1;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

}  // namespace marketday::adapters
