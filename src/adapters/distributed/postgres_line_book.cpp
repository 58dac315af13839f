#include "adapters/distributed/postgres_line_book.hpp"

#include <map>

#include "adapters/distributed/postgres_leases.hpp"
#include "adapters/stored/number_set.hpp"

namespace marketday::adapters {
namespace {

using ports::LineBook;
using Error = LineBook::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;
using Standing = LineBook::Standing;

PostgresError no_line() { return PostgresError(PostgresError::Kind::broken, "", "this sale has no line"); }

/// The line, locked against other writers until the transaction ends.
struct LineRow {
    std::int64_t number = 0;
    std::int64_t change = 0;
    std::int64_t next_sequence = 0;
    bool list_closed = false;
    Standing given_up() const { return list_closed ? Standing::given_up : Standing::unlisted; }
};
/// Throws when the line was never founded: nothing is written for a line that does not exist.
Task<LineRow> lock_line(PostgresSession& session, const SaleId& sale) {
    auto row = co_await session.query(
        "SELECT line_no, change, sequence_mark, (list_closed_ms IS NOT NULL)::int FROM lines WHERE sale_id = $1"
        " FOR UPDATE",
        sale);
    if (!row.step()) throw no_line();
    co_return LineRow{row.integer(0), row.integer(1), row.integer(2), row.integer(3) != 0};
}

PostgresStatement change_standing(const LineRow& line, PostgresArray& sequences, Standing standing) {
    return PostgresSession::statement(
        "UPDATE line_tickets SET live = $3, changed = $4 WHERE line_no = $1 AND sequence = ANY ($2) AND live = 1",
        line.number, sequences.take(), static_cast<std::int64_t>(standing), line.change + 1);
}

Task<LineBook::Founding> found_one(PostgresSession& session, const LineBook::Founding& founding) {
    co_await session.run(
        "INSERT INTO lines (sale_id, opened_ms, ticket_key, draw_secret, public_value) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (sale_id) DO NOTHING",
        founding.sale, to_unix_ms(founding.opened), founding.ticket_key, founding.draw_secret, founding.public_value);
    auto row = co_await session.query(
        "SELECT opened_ms, ticket_key, draw_secret, public_value FROM lines WHERE sale_id = $1", founding.sale);
    if (!row.step()) throw no_line();
    co_return LineBook::Founding{.sale = founding.sale,
                                 .opened = from_unix_ms(row.integer(0)),
                                 .ticket_key = row.hash(1),
                                 .draw_secret = row.hash(2),
                                 .public_value = row.text(3)};
}

struct Found {
    std::int64_t number = 0;
    LineBook::Line line;
};
Task<std::optional<Found>> look_at(PostgresSession& session, const SaleId& sale) {
    auto row = co_await session.query(
        "SELECT line_no, opened_ms, ticket_key, draw_secret, public_value, change, news, called_turns, list_closed_ms,"
        " list_entries, list_end, list_root FROM lines WHERE sale_id = $1",
        sale);
    if (!row.step()) co_return std::nullopt;
    Found found{.number = row.integer(0), .line = {}};
    found.line.founding = {.sale = sale,
                           .opened = from_unix_ms(row.integer(1)),
                           .ticket_key = row.hash(2),
                           .draw_secret = row.hash(3),
                           .public_value = row.text(4)};
    found.line.change = row.integer(5);
    found.line.news = row.integer(6);
    found.line.called_turns = row.integer(7);
    if (!row.is_null(8))
        found.line.closing = LineBook::Closing{.at = from_unix_ms(row.integer(8)),
                                               .entries = row.integer(9),
                                               .list_end = row.integer(10),
                                               .root = row.hash(11)};
    co_return std::move(found);
}

/// The line, its calls and what has changed, at one moment.
Task<std::optional<LineBook::Line>> look_closely(PostgresSession& session, const SaleId& sale,
                                                 const LineBook::Seen& seen) {
    auto found = co_await look_at(session, sale);
    if (!found) co_return std::nullopt;
    std::vector<PostgresStatement> questions;
    questions.push_back(PostgresSession::statement(
        "SELECT turn_begin, turn_end, expires_ms FROM line_calls WHERE line_no = $1 ORDER BY turn_end", found->number));
    questions.push_back(PostgresSession::statement(
        "SELECT sequence, customer, live FROM line_tickets WHERE line_no = $1 AND live <> 1 AND changed > $3"
        " AND sequence <= $2"
        " UNION ALL SELECT sequence, customer, live FROM line_tickets WHERE line_no = $1 AND sequence > $2"
        " ORDER BY sequence",
        found->number, seen.sequence, seen.change));
    auto answers = co_await session.query_all(std::move(questions));
    auto& calls = answers[0];
    while (calls.step())
        found->line.calls.push_back({calls.integer(0), calls.integer(1), from_unix_ms(calls.integer(2))});
    auto& tickets = answers[1];
    found->line.tickets.reserve(tickets.size());
    while (tickets.step())
        found->line.tickets.push_back(
            {tickets.integer(0), CustomerId{tickets.uuid(1)}, static_cast<Standing>(tickets.integer(2))});
    co_return std::move(found->line);
}

Task<std::map<CustomerId, std::int64_t>> live_tickets(PostgresSession& session, std::int64_t line,
                                                      const std::vector<LineBook::Join>& joins) {
    PostgresArray customers{Of::uuids};
    for (const auto& join : joins) customers.add(join.customer);
    auto rows = co_await session.query(
        "SELECT customer, sequence FROM line_tickets WHERE line_no = $1 AND customer = ANY ($2) AND live = 1", line,
        customers.take());
    std::map<CustomerId, std::int64_t> live;
    while (rows.step()) live[CustomerId{rows.uuid(0)}] = rows.integer(1);
    co_return live;
}

Task<std::monostate> join_all(PostgresSession& session, const SaleId& sale, const std::vector<LineBook::Join>& joins) {
    const LineRow line = co_await lock_line(session, sale);
    auto live = co_await live_tickets(session, line.number, joins);
    PostgresArray given_up{Of::integers}, numbers{Of::integers}, customers{Of::uuids};
    std::int64_t next = line.next_sequence;
    for (const auto& join : joins) {
        const auto known = live.find(join.customer);
        if (known != live.end() && known->second != join.instead_of) continue;
        if (known != live.end()) given_up.add(known->second);
        live[join.customer] = next;
        customers.add(join.customer);
        numbers.add(next++);
    }
    if (numbers.empty()) co_return std::monostate{};
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement(
        "UPDATE lines SET change = change + 1, sequence_mark = $2 WHERE line_no = $1", line.number, next));
    if (!given_up.empty()) last.push_back(change_standing(line, given_up, line.given_up()));
    last.push_back(
        PostgresSession::statement("INSERT INTO line_tickets (line_no, changed, sequence, customer)"
                                   " SELECT $1, $2, * FROM unnest($3::bigint[], $4::uuid[])",
                                   line.number, line.change + 1, numbers.take(), customers.take()));
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<std::monostate> leave_one(PostgresSession& session, const SaleId& sale, const std::int64_t& sequence) {
    const LineRow line = co_await lock_line(session, sale);
    PostgresArray one{Of::integers};
    one.add(sequence);
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement("UPDATE lines SET change = change + 1 WHERE line_no = $1", line.number));
    last.push_back(change_standing(line, one, line.given_up()));
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<Result<bool, Error>> close_one(PostgresSession& session, const SaleId& sale, const LineBook::Closing& closing,
                                    const std::int64_t& change, const ports::Fence& fence) {
    const bool leads = co_await fence_holds(session, fence);
    if (!leads) co_return fail(Error::fenced);
    const LineRow line = co_await lock_line(session, sale);
    if (line.list_closed || line.change != change) co_return false;
    auto last = PostgresSession::statement(
        "UPDATE lines SET change = change + 1, list_closed_ms = $2, list_entries = $3, list_end = $4, list_root = $5"
        " WHERE line_no = $1",
        line.number, to_unix_ms(closing.at), closing.entries, closing.list_end, closing.root);
    co_await session.finish_with(std::move(last));
    co_return true;
}

Task<Result<WallTime, Error>> record_one(PostgresSession& session, const SaleId& sale, const LineBook::Call& call,
                                         const std::vector<std::int64_t>& passed_over, const WallTime& now,
                                         const ports::Fence& fence) {
    const bool leads = co_await fence_holds(session, fence);
    if (!leads) co_return fail(Error::fenced);
    const LineRow line = co_await lock_line(session, sale);
    auto first = co_await session.query("SELECT expires_ms FROM line_calls WHERE line_no = $1 AND turn_end = $2",
                                        line.number, call.turn_end);
    if (first.step()) co_return from_unix_ms(first.integer(0));
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement(
        "UPDATE lines SET change = change + 1, called_turns = greatest(called_turns, $2) WHERE line_no = $1",
        line.number, call.turn_end));
    last.push_back(PostgresSession::statement(
        "INSERT INTO line_calls (line_no, turn_end, turn_begin, expires_ms) VALUES ($1, $2, $3, $4)", line.number,
        call.turn_end, call.turn_begin, to_unix_ms(call.expires)));
    if (!passed_over.empty()) {
        PostgresArray sequences{Of::integers};
        for (const std::int64_t sequence : passed_over) sequences.add(sequence);
        last.push_back(change_standing(line, sequences, Standing::passed_over));
    }
    // The few oldest ones are enough: each call brings one and takes the ended ones along.
    last.push_back(PostgresSession::statement(
        "DELETE FROM line_calls WHERE line_no = $1 AND turn_end IN (SELECT c.turn_end FROM line_calls c"
        " WHERE c.line_no = $1 ORDER BY c.turn_end LIMIT 8) AND expires_ms < $2",
        line.number, to_unix_ms(now)));
    co_await session.finish_with(std::move(last));
    co_return call.expires;
}

Task<std::monostate> tell_one(PostgresSession& session, const SaleId& sale, const LineBook::News& news) {
    const auto heard = number_set_to_bytes(news.heard);
    const auto spent = number_set_to_bytes(news.spent);
    // One statement, so that the line's row, which everybody who joins needs, is locked no longer than the server
    // takes.
    auto told = PostgresSession::statement(
        "WITH line AS (UPDATE lines SET news = news + 1 WHERE sale_id = $1 RETURNING line_no, news),"
        " forgotten AS (DELETE FROM line_news n USING line WHERE n.line_no = line.line_no AND n.number <= line.news - "
        "$9)"
        " INSERT INTO line_news (line_no, number, process, at_ms, heard, spent, lane_fill_permille, latency_ms, last)"
        " SELECT line_no, news, $2, $3, $4, $5, $6, $7, $8 FROM line",
        sale, news.process, to_unix_ms(news.at), std::span<const std::uint8_t>{heard},
        std::span<const std::uint8_t>{spent}, news.lane_fill_permille, news.latency.count(), news.last,
        LineBook::kNewsKept);
    const auto rows = co_await session.commit_with(std::move(told));
    if (rows.changes() != 1) throw no_line();
    co_return std::monostate{};
}

Task<LineBook::NewsAfter> news_of(PostgresSession& session, const SaleId& sale, const std::int64_t& number,
                                  const std::size_t& news_max) {
    LineBook::NewsAfter after{.number = number, .complete = true, .news = {}};
    auto rows = co_await session.query(
        "SELECT n.number, n.process, n.at_ms, n.heard, n.spent, n.lane_fill_permille, n.latency_ms, n.last"
        " FROM lines l JOIN line_news n ON n.line_no = l.line_no WHERE l.sale_id = $1 AND n.number > $2"
        " ORDER BY n.number LIMIT $3",
        sale, number, static_cast<std::int64_t>(news_max));
    while (rows.step()) {
        if (rows.integer(0) != after.number + 1) after.complete = false;
        after.number = rows.integer(0);
        after.news.push_back({.process = rows.text(1),
                              .at = from_unix_ms(rows.integer(2)),
                              .heard = number_set_of_bytes(rows.blob(3)),
                              .spent = number_set_of_bytes(rows.blob(4)),
                              .lane_fill_permille = rows.integer(5),
                              .latency = milliseconds{rows.integer(6)},
                              .last = rows.integer(7) != 0});
    }
    co_return after;
}

/// Of work that may find itself fenced.
template <class T>
Result<T, Error> unless_fenced(PostgresDatabase::Written<Result<T, Error>> written) {
    auto done = to_port<Error>(std::move(written));
    if (!done) return fail(done.error());
    return std::move(*done);
}

}  // namespace

LineBook::Answer<LineBook::Founding> PostgresLineBook::found(Founding founding) {
    auto written = co_await database_.write(Priority::operators, &found_one, founding);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::optional<LineBook::Line>> PostgresLineBook::follow(SaleId sale, Seen seen) {
    auto found = co_await database_.read(&look_at, sale);
    if (!found) co_return fail(Error::unavailable);
    if (!*found) co_return std::optional<Line>{};
    if ((*found)->line.change == seen.change) co_return std::optional<Line>{std::move((*found)->line)};
    auto whole = co_await database_.read_snapshot(&look_closely, sale, seen);
    co_return to_port<Error>(std::move(whole));
}

LineBook::Answer<std::monostate> PostgresLineBook::join(SaleId sale, std::vector<Join> joins) {
    auto written = co_await database_.write(Priority::shoppers, &join_all, sale, joins);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::monostate> PostgresLineBook::leave(SaleId sale, std::int64_t sequence) {
    auto written = co_await database_.write(Priority::shoppers, &leave_one, sale, sequence);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<bool> PostgresLineBook::close_list(SaleId sale, Closing closing, std::int64_t change,
                                                    ports::Fence fence) {
    auto written = co_await database_.write(Priority::operators, &close_one, sale, closing, change, fence);
    co_return unless_fenced(std::move(written));
}

LineBook::Answer<WallTime> PostgresLineBook::record_call(SaleId sale, Call call, std::vector<std::int64_t> passed_over,
                                                         WallTime now, ports::Fence fence) {
    auto written = co_await database_.write(Priority::operators, &record_one, sale, call, passed_over, now, fence);
    co_return unless_fenced(std::move(written));
}

LineBook::Answer<std::monostate> PostgresLineBook::tell(SaleId sale, News news) {
    auto written = co_await database_.single(Priority::operators, &tell_one, sale, news);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<LineBook::NewsAfter> PostgresLineBook::news_after(SaleId sale, std::int64_t number,
                                                                   std::size_t news_max) {
    auto found = co_await database_.read(&news_of, sale, number, news_max);
    co_return to_port<Error>(std::move(found));
}

}  // namespace marketday::adapters
