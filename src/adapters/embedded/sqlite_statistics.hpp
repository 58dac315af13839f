#pragma once

#include "adapters/embedded/sqlite_database.hpp"
#include "adapters/stored/statistics_text.hpp"
#include "ports/statistics.hpp"

namespace marketday::adapters {

/// The business figures in the site's SQLite file: tables stat_*.
class SqliteStatistics final : public ports::Statistics {
public:
    explicit SqliteStatistics(SqliteDatabase& database) : database_(database) {}

    Answer<std::size_t> count(std::vector<Tally> tallies, WallTime now) override;
    Answer<std::size_t> visited(std::vector<Visit> visits) override;
    Answer<std::size_t> forget_visits(ports::ShopDay day, std::size_t visits_max, ports::Fence fence) override;
    Answer<Figures> figures(Period period) override;
    Answer<std::optional<Check>> recount(Recount what) override;
    Answer<std::optional<Check>> last_check() override;

private:
    SqliteDatabase& database_;
};

/// The comparison itself; in one snapshot.
std::optional<ports::Statistics::Check> recount_statistics(SqliteConnection& connection,
                                                           const ports::Statistics::Recount& what);

}  // namespace marketday::adapters
