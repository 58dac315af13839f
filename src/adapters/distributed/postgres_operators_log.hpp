#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "ports/operators_log.hpp"

namespace marketday::adapters {

/// The operators' log in PostgreSQL: table operators_log. Writes go before the shoppers'.
class PostgresOperatorsLog final : public ports::OperatorsLog {
public:
    explicit PostgresOperatorsLog(PostgresDatabase& database) : database_(database) {}

    Answer<std::int64_t> begin(Entry entry) override;
    Answer<bool> end(std::int64_t number, Ending ending, std::string target) override;
    Answer<std::vector<Entry>> list(Query query) override;

private:
    PostgresDatabase& database_;
};

}  // namespace marketday::adapters
