#include "adapters/embedded/sqlite_leases.hpp"

namespace marketday::adapters {
namespace {

ports::Leases::Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::outcome_unknown: return ports::Leases::Error::outcome_unknown;
        case StoreFailure::unavailable:
        case StoreFailure::full: return ports::Leases::Error::unavailable;
    }
    return ports::Leases::Error::unavailable;
}

std::optional<ports::Fence> grant(SqliteConnection& connection, const std::string& lease, const std::string& holder,
                                  WallTime now, milliseconds length) {
    std::int64_t token = 1;
    {
        auto row = connection.query("SELECT holder, token, until_ms FROM leases WHERE name = ?1", lease);
        if (row.step()) {
            if (row.text_view(0) != holder && row.integer(2) > to_unix_ms(now)) return std::nullopt;
            token = row.integer(1) + 1;
        }
    }
    connection.run(
        "INSERT INTO leases (name, holder, token, until_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (name) DO UPDATE SET holder = ?2, token = ?3, until_ms = ?4",
        lease, holder, token, to_unix_ms(now + length));
    return ports::Fence{lease, token};
}

}  // namespace

bool fence_holds(SqliteConnection& connection, const ports::Fence& fence) {
    auto row = connection.query("SELECT token FROM leases WHERE name = ?1", fence.lease);
    return row.step() && row.integer(0) == fence.token;
}

SqliteLeases::Answer<std::optional<ports::Fence>> SqliteLeases::acquire(std::string lease, std::string holder,
                                                                        WallTime now, milliseconds length) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        return grant(connection, lease, holder, now, length);
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::move(*written);
}

SqliteLeases::Answer<bool> SqliteLeases::renew(ports::Fence fence, WallTime now, milliseconds length) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        connection.run("UPDATE leases SET until_ms = ?3 WHERE name = ?1 AND token = ?2", fence.lease, fence.token,
                       to_unix_ms(now + length));
        return connection.changes() == 1;
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return *written;
}

SqliteLeases::Answer<std::monostate> SqliteLeases::release(ports::Fence fence) {
    auto written = co_await database_.write(SqliteDatabase::Priority::shoppers, [&](SqliteConnection& connection) {
        connection.run("UPDATE leases SET until_ms = 0 WHERE name = ?1 AND token = ?2", fence.lease, fence.token);
        return std::monostate{};
    });
    if (!written) co_return fail(to_port_error(written.error()));
    co_return std::monostate{};
}

}  // namespace marketday::adapters
