#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "ports/operators_log.hpp"

namespace marketday::adapters {

/// The operators' log in the site's SQLite file: table operators_log. Writes go before the shoppers'.
class SqliteOperatorsLog final : public ports::OperatorsLog {
public:
    explicit SqliteOperatorsLog(SqliteDatabase& database) : database_(database) {}

    Answer<std::int64_t> begin(Entry entry) override;
    Answer<bool> end(std::int64_t number, Ending ending, std::string target) override;
    Answer<std::vector<Entry>> list(Query query) override;

private:
    SqliteDatabase& database_;
};

}  // namespace marketday::adapters
