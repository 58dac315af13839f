#pragma once

#include "adapters/distributed/postgres_database.hpp"
#include "adapters/stored/statistics_text.hpp"
#include "ports/statistics.hpp"

namespace marketday::adapters {

/// The business figures in PostgreSQL: tables stat_*.
class PostgresStatistics final : public ports::Statistics {
public:
    explicit PostgresStatistics(PostgresDatabase& database) : database_(database) {}

    Answer<std::size_t> count(std::vector<Tally> tallies, WallTime now) override;
    Answer<std::size_t> visited(std::vector<Visit> visits) override;
    Answer<std::size_t> forget_visits(ports::ShopDay day, std::size_t visits_max, ports::Fence fence) override;
    Answer<Figures> figures(Period period) override;
    Answer<std::optional<Check>> recount(Recount what) override;
    Answer<std::optional<Check>> last_check() override;

private:
    PostgresDatabase& database_;
};

/// The figures counted again from what they were made of, and compared; within the session's one snapshot.
Task<std::optional<ports::Statistics::Check>> recount_statistics(PostgresSession& session,
                                                                 const ports::Statistics::Recount& what);

}  // namespace marketday::adapters
