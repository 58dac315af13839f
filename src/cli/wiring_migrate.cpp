#include "cli/wiring_migrate.hpp"

#include "adapters/distributed/postgres_database.hpp"
#include "adapters/embedded/sqlite_database.hpp"

namespace marketday::cli {
namespace {

class HeldSqlite final : public HeldShop {
public:
    explicit HeldSqlite(const std::filesystem::path& data)
        : database_({.file = data / "marketday.db", .readers = 1, .at_start = {}}) {}

private:
    adapters::SqliteDatabase database_;
};

}  // namespace

std::unique_ptr<HeldShop> hold_shop(const std::filesystem::path& data) { return std::make_unique<HeldSqlite>(data); }

void make_postgres_tables(const std::string& url) {
    const adapters::PostgresDatabase made{{.url = url, .connections = 1, .operator_connections = 1}};
}

}  // namespace marketday::cli
