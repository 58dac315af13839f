#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/leases.hpp"

namespace marketday::adapters {

/// Leases in PostgreSQL: table leases.
class PostgresLeases final : public ports::Leases {
public:
    explicit PostgresLeases(PostgresDatabase& database) : database_(database) {}

    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string holder, WallTime now,
                                                milliseconds length) override;
    Answer<bool> renew(ports::Fence fence, WallTime now, milliseconds length) override;
    Answer<std::monostate> release(ports::Fence fence) override;

private:
    PostgresDatabase& database_;
};

/// Whether the lease is still the fence's; asked within the transaction of the job that it guards, whose commit it
/// holds off any later grant until.
Task<bool> fence_holds(PostgresSession& session, const ports::Fence& fence);

}  // namespace marketday::adapters
