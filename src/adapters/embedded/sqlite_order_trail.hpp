#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "ports/order_trail.hpp"

namespace marketday::adapters {

/// Reads the ledger of the site's SQLite file.
class SqliteOrderTrail final : public ports::OrderTrail {
public:
    explicit SqliteOrderTrail(SqliteDatabase& database) : database_(database) {}

    Task<Result<std::vector<Entry>, Error>> entries_of(OrderId order) override;

private:
    SqliteDatabase& database_;
};

}  // namespace marketday::adapters
