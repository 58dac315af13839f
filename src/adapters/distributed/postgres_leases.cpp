#include "adapters/distributed/postgres_leases.hpp"

namespace marketday::adapters {
namespace {

using ports::Leases;
using Error = Leases::Error;
using Priority = PostgresDatabase::Priority;

Task<std::optional<ports::Fence>> grant(PostgresSession& session, const std::string& lease, const std::string& holder,
                                        const WallTime& now, const milliseconds& length) {
    // The row's lock orders those who come at one time; the condition is looked at again under it.
    auto row = co_await session.query(
        "INSERT INTO leases AS l (name, holder, token, until_ms) VALUES ($1, $2, 1, $4)"
        " ON CONFLICT (name) DO UPDATE SET holder = $2, token = l.token + 1, until_ms = $4"
        " WHERE l.holder = $2 OR l.until_ms <= $3 RETURNING l.token",
        lease, holder, to_unix_ms(now), to_unix_ms(now + length));
    if (!row.step()) co_return std::nullopt;
    co_return ports::Fence{lease, row.integer(0)};
}

}  // namespace

Task<bool> fence_holds(PostgresSession& session, const ports::Fence& fence) {
    // Shared: until this transaction ends nobody can be granted the lease.
    auto row = co_await session.query("SELECT token FROM leases WHERE name = $1 FOR SHARE", fence.lease);
    const bool found = row.step();
    co_return (found && row.integer(0) == fence.token);
}

// A lease that waited for a connection behind shoppers would end in every rush.

Leases::Answer<std::optional<ports::Fence>> PostgresLeases::acquire(std::string lease, std::string holder, WallTime now,
                                                                    milliseconds length) {
    auto written = co_await database_.write(Priority::operators, &grant, lease, holder, now, length);
    co_return to_port<Error>(std::move(written));
}

Leases::Answer<bool> PostgresLeases::renew(ports::Fence fence, WallTime now, milliseconds length) {
    auto written = co_await database_.write(
        Priority::operators,
        [](PostgresSession& session, const ports::Fence& held, const std::int64_t& until_ms) -> Task<bool> {
            const auto changed = co_await session.run("UPDATE leases SET until_ms = $3 WHERE name = $1 AND token = $2",
                                                      held.lease, held.token, until_ms);
            co_return changed == 1;
        },
        fence, to_unix_ms(now + length));
    co_return to_port<Error>(std::move(written));
}

Leases::Answer<std::monostate> PostgresLeases::release(ports::Fence fence) {
    auto written = co_await database_.write(
        Priority::operators,
        [](PostgresSession& session, const ports::Fence& held) -> Task<std::monostate> {
            co_await session.run("UPDATE leases SET until_ms = 0 WHERE name = $1 AND token = $2", held.lease,
                                 held.token);
            co_return std::monostate{};
        },
        fence);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
