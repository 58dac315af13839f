#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "adapters/embedded/sqlite_ledger.hpp"
#include "tests/support/temporary_directory.hpp"

namespace marketday {

/// A new, empty SQLite store in a directory of its own, ready for every embedded adapter.
class TemporaryStore {
public:
    adapters::SqliteDatabase& database() { return database_; }

private:
    TemporaryDirectory directory_;
    adapters::SqliteDatabase database_{{.file = directory_.path() / "marketday.db",
                                        .readers = 1,
                                        .cache_kib = 4096,
                                        .at_start = adapters::begin_ledger_epoch}};
};

}  // namespace marketday
