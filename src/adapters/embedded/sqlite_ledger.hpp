#pragma once

#include <string_view>
#include <vector>

#include "adapters/embedded/sqlite_connection.hpp"
#include "domain/ledger.hpp"

namespace marketday::adapters {

/// Begins a writer's epoch of the ledger: its chain starts from a hash over the last entry of the epoch before. Called
/// once when the database is opened for writing (SqliteDatabase::Options::at_start).
void begin_ledger_epoch(SqliteConnection& connection);

/// Appends to the ledger within one write. Made anew for each write, so a rollback leaves nothing stale. Entries are
/// chained as they come and stored together by `write`, without which they are not there.
class LedgerAppender {
public:
    explicit LedgerAppender(SqliteConnection& connection);

    struct Change {
        WallTime at{};
        domain::Movement movement{};
        std::int64_t sku_no = 0;
        std::string_view sku;
        std::int64_t units = 0;
        OrderId order;               // nil: none
        std::string_view reason;     // operators' words; lives until `write`
        bool find_by_order = false;  // also list it under its order (not needed for a first reservation)
    };
    domain::Receipt append(const Change& change);
    void write();

private:
    struct Row {
        std::int64_t sequence = 0;
        WallTime at{};
        domain::Movement movement{};
        std::int64_t sku_no = 0;
        std::int64_t units = 0;
        OrderId order;
        Hash256 hash{};
        std::string_view reason;
    };
    class LedgerRows;
    class OfOrdersRows;

    SqliteConnection& connection_;
    domain::LedgerEntry entry_;   // the last one
    std::vector<Row> rows_;       // not written yet
    std::vector<Row> of_orders_;  // those of them to be found by their order
};

}  // namespace marketday::adapters
