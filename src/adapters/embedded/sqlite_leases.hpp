#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "ports/leases.hpp"

namespace marketday::adapters {

class SqliteLeases final : public ports::Leases {
public:
    explicit SqliteLeases(SqliteDatabase& database) : database_(database) {}

    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string holder, WallTime now,
                                                milliseconds length) override;
    Answer<bool> renew(ports::Fence fence, WallTime now, milliseconds length) override;
    Answer<std::monostate> release(ports::Fence fence) override;

private:
    SqliteDatabase& database_;
};

/// Whether the lease is still the fence's; asked within the transaction of the job that it guards.
bool fence_holds(SqliteConnection& connection, const ports::Fence& fence);

}  // namespace marketday::adapters
