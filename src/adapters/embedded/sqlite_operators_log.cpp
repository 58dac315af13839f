#include "adapters/embedded/sqlite_operators_log.hpp"

#include <limits>

namespace marketday::adapters {
namespace {

using ports::OperatorsLog;

template <class T>
Result<T, OperatorsLog::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(OperatorsLog::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(OperatorsLog::Error::outcome_unknown);
    }
    return fail(OperatorsLog::Error::outcome_unknown);
}

OperatorsLog::Entry read_entry(const SqliteQuery& row) {
    OperatorsLog::Entry entry{.number = row.integer(0),
                              .at = from_unix_ms(row.integer(1)),
                              .who = row.text(2),
                              .operation = row.text(3),
                              .target = row.text(4),
                              .details = row.text(5),
                              .trace_id = row.text(6),
                              .dry_run = row.integer(7) != 0,
                              .ending = {}};
    if (!row.is_null(8)) entry.ending = {.status = static_cast<int>(row.integer(8)), .problem = row.text(9)};
    return entry;
}

/// The number of the first entry at or after `time`: entries are numbered as time goes.
std::int64_t first_from(SqliteConnection& c, WallTime time) {
    auto q =
        c.query("SELECT entry FROM operators_log WHERE at_ms >= ?1 ORDER BY at_ms, entry LIMIT 1", to_unix_ms(time));
    return q.step() ? q.integer(0) : std::numeric_limits<std::int64_t>::max();
}

struct Range {
    std::int64_t from = 0;
    std::int64_t before = 0;
};

#define MARKETDAY_LOG_COLUMNS "entry, at_ms, operator, operation, target, details, trace_id, dry_run, status, problem"
#define MARKETDAY_LOG_FILTERS                                                                               \
    " AND (?4 IS NULL OR operator = ?4) AND (?5 IS NULL OR operation = ?5) AND (?6 IS NULL OR target = ?6)" \
    " ORDER BY entry DESC LIMIT ?3"

/// Each filter has an index that ends with the number; the narrowest that is given leads.
SqliteQuery rows_of(SqliteConnection& c, const OperatorsLog::Query& query, Range range) {
    const auto limit = static_cast<std::int64_t>(query.entries_max);
    if (query.target)
        return c.query("SELECT " MARKETDAY_LOG_COLUMNS
                       " FROM operators_log INDEXED BY operators_log_by_target"
                       " WHERE target = ?6 AND entry >= ?1 AND entry < ?2" MARKETDAY_LOG_FILTERS,
                       range.from, range.before, limit, query.who, query.operation, query.target);
    if (query.operation)
        return c.query("SELECT " MARKETDAY_LOG_COLUMNS
                       " FROM operators_log INDEXED BY operators_log_by_operation"
                       " WHERE operation = ?5 AND entry >= ?1 AND entry < ?2" MARKETDAY_LOG_FILTERS,
                       range.from, range.before, limit, query.who, query.operation, query.target);
    if (query.who)
        return c.query("SELECT " MARKETDAY_LOG_COLUMNS
                       " FROM operators_log INDEXED BY operators_log_by_operator"
                       " WHERE operator = ?4 AND entry >= ?1 AND entry < ?2" MARKETDAY_LOG_FILTERS,
                       range.from, range.before, limit, query.who, query.operation, query.target);
    return c.query("SELECT " MARKETDAY_LOG_COLUMNS
                   " FROM operators_log WHERE entry >= ?1 AND entry < ?2 ORDER BY entry DESC LIMIT ?3",
                   range.from, range.before, limit);
}

std::vector<OperatorsLog::Entry> list_in(SqliteConnection& c, const OperatorsLog::Query& query) {
    Range range{.from = 0, .before = query.before.value_or(std::numeric_limits<std::int64_t>::max())};
    if (query.from) range.from = first_from(c, *query.from);
    if (query.to) range.before = std::min(range.before, first_from(c, *query.to));
    std::vector<OperatorsLog::Entry> entries;
    auto rows = rows_of(c, query, range);
    while (rows.step()) entries.push_back(read_entry(rows));
    return entries;
}

}  // namespace

OperatorsLog::Answer<std::int64_t> SqliteOperatorsLog::begin(Entry entry) {
    auto work = [&entry](SqliteConnection& c) {
        c.run(
            "INSERT INTO operators_log (at_ms, operator, operation, target, details, trace_id, dry_run)"
            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            to_unix_ms(entry.at), entry.who, entry.operation, entry.target, entry.details, entry.trace_id,
            entry.dry_run);
        return c.last_insert_rowid();
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_port(std::move(written));
}

OperatorsLog::Answer<bool> SqliteOperatorsLog::end(std::int64_t number, Ending ending, std::string target) {
    auto work = [&](SqliteConnection& c) {
        c.run(
            "UPDATE operators_log SET status = ?2, problem = ?3, target = CASE WHEN target = '' THEN ?4 ELSE target END"
            " WHERE entry = ?1 AND status IS NULL",
            number, ending.status, ending.problem, target);
        return c.changes() == 1;
    };
    auto written = co_await database_.write(SqliteDatabase::Priority::operators, work);
    co_return to_port(std::move(written));
}

OperatorsLog::Answer<std::vector<OperatorsLog::Entry>> SqliteOperatorsLog::list(Query query) {
    auto work = [&query](SqliteConnection& c) { return list_in(c, query); };
    auto found = co_await database_.read(work);
    co_return to_port(std::move(found));
}

}  // namespace marketday::adapters
