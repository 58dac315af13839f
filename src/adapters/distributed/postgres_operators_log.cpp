#include "adapters/distributed/postgres_operators_log.hpp"

#include <algorithm>
#include <limits>

namespace marketday::adapters {
namespace {

using ports::OperatorsLog;
using Error = OperatorsLog::Error;
using Priority = PostgresDatabase::Priority;

OperatorsLog::Entry read_entry(const PostgresRows& row) {
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

Task<std::int64_t> begin_one(PostgresSession& session, const OperatorsLog::Entry& entry) {
    // Numbers grow in the order of the commits: a reader who has seen one sees no smaller one later.
    co_await session.query("SELECT pg_advisory_xact_lock(7203, 3)");
    auto row = co_await session.query(
        "INSERT INTO operators_log (at_ms, operator, operation, target, details, trace_id, dry_run)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING entry",
        to_unix_ms(entry.at), entry.who, entry.operation, entry.target, entry.details, entry.trace_id, entry.dry_run);
    row.step();
    co_return row.integer(0);
}

Task<bool> end_one(PostgresSession& session, const std::int64_t& number, const OperatorsLog::Ending& ending,
                   const std::string& target) {
    const auto ended = co_await session.run(
        "UPDATE operators_log SET status = $2, problem = $3, target = CASE WHEN target = '' THEN $4 ELSE target END"
        " WHERE entry = $1 AND status IS NULL",
        number, ending.status, ending.problem, target);
    co_return ended == 1;
}

/// The number of the first entry at or after `time`: entries are numbered as time goes.
Task<std::int64_t> first_from(PostgresSession& session, WallTime time) {
    auto row = co_await session.query("SELECT entry FROM operators_log WHERE at_ms >= $1 ORDER BY at_ms, entry LIMIT 1",
                                      to_unix_ms(time));
    const bool found = row.step();
    co_return found ? row.integer(0) : std::numeric_limits<std::int64_t>::max();
}

#define MARKETDAY_PG_LOG                                                                            \
    "SELECT entry, at_ms, operator, operation, target, details, trace_id, dry_run, status, problem" \
    " FROM operators_log WHERE entry >= $1 AND entry < $2"
#define MARKETDAY_PG_LOG_FILTERS                                                                            \
    " AND ($4 IS NULL OR operator = $4) AND ($5 IS NULL OR operation = $5) AND ($6 IS NULL OR target = $6)" \
    " ORDER BY entry DESC LIMIT $3"

/// Each filter has an index that ends with the number; the narrowest that is given leads.
PostgresStatement page_of(const OperatorsLog::Query& query, std::int64_t from, std::int64_t before) {
    const auto limit = static_cast<std::int64_t>(query.entries_max);
    const char* sql = MARKETDAY_PG_LOG MARKETDAY_PG_LOG_FILTERS;
    if (query.target)
        sql = MARKETDAY_PG_LOG " AND target = $6" MARKETDAY_PG_LOG_FILTERS;
    else if (query.operation)
        sql = MARKETDAY_PG_LOG " AND operation = $5" MARKETDAY_PG_LOG_FILTERS;
    else if (query.who)
        sql = MARKETDAY_PG_LOG " AND operator = $4" MARKETDAY_PG_LOG_FILTERS;
    return PostgresSession::statement(sql, from, before, limit, query.who, query.operation, query.target);
}

Task<std::vector<OperatorsLog::Entry>> list_some(PostgresSession& session, const OperatorsLog::Query& query) {
    std::int64_t from = 0;
    std::int64_t before = query.before.value_or(std::numeric_limits<std::int64_t>::max());
    if (query.from) from = co_await first_from(session, *query.from);
    if (query.to) {
        const std::int64_t end = co_await first_from(session, *query.to);
        before = std::min(before, end);
    }
    std::vector<PostgresStatement> one;
    one.push_back(page_of(query, from, before));
    auto answers = co_await session.query_all(std::move(one));
    std::vector<OperatorsLog::Entry> entries;
    while (answers.front().step()) entries.push_back(read_entry(answers.front()));
    co_return entries;
}

}  // namespace

OperatorsLog::Answer<std::int64_t> PostgresOperatorsLog::begin(Entry entry) {
    auto written = co_await database_.write(Priority::operators, &begin_one, entry);
    co_return to_port<Error>(std::move(written));
}

OperatorsLog::Answer<bool> PostgresOperatorsLog::end(std::int64_t number, Ending ending, std::string target) {
    auto written = co_await database_.write(Priority::operators, &end_one, number, ending, target);
    co_return to_port<Error>(std::move(written));
}

OperatorsLog::Answer<std::vector<OperatorsLog::Entry>> PostgresOperatorsLog::list(Query query) {
    auto found = co_await database_.read_snapshot(&list_some, query);
    co_return to_port<Error>(std::move(found));
}

}  // namespace marketday::adapters
