#include "adapters/distributed/postgres_line_book.hpp"

#include <map>
#include <unordered_map>

namespace marketday::adapters {
namespace {

using ports::LineBook;
using Error = LineBook::Error;
using Priority = PostgresDatabase::Priority;
using Of = PostgresArray::Of;

struct LineRow {
    std::int64_t number = 0;
    std::optional<LineBook::Closing> closing;
};

/// The line, locked against other writers until the transaction ends. Throws when it was never founded: nothing is
/// written for a line that does not exist.
Task<LineRow> lock_line(PostgresSession& session, const SaleId& sale) {
    auto row = co_await session.query(
        "SELECT line_no, list_closed_ms, list_entries, list_end, list_root FROM lines WHERE sale_id = $1 FOR UPDATE",
        sale);
    if (!row.step()) throw PostgresError(PostgresError::Kind::broken, "", "this sale has no line");
    LineRow line{.number = row.integer(0), .closing = std::nullopt};
    if (!row.is_null(1))
        line.closing = LineBook::Closing{.at = from_unix_ms(row.integer(1)),
                                         .entries = row.integer(2),
                                         .list_end = row.integer(3),
                                         .root = row.hash(4)};
    co_return line;
}

Task<std::optional<LineBook::StoredLine>> find_line(PostgresSession& session, const SaleId& sale) {
    auto row = co_await session.query(
        "SELECT line_no, opened_ms, ticket_key, draw_secret, public_value, sequence_mark, called_turns, list_closed_ms,"
        " list_entries, list_end, list_root FROM lines WHERE sale_id = $1",
        sale);
    if (!row.step()) co_return std::nullopt;
    LineBook::StoredLine stored;
    stored.founding = {.sale = sale,
                       .opened = from_unix_ms(row.integer(1)),
                       .ticket_key = row.hash(2),
                       .draw_secret = row.hash(3),
                       .public_value = row.text(4)};
    stored.sequence_mark = row.integer(5);
    stored.called_turns = row.integer(6);
    if (!row.is_null(7))
        stored.closing = LineBook::Closing{.at = from_unix_ms(row.integer(7)),
                                           .entries = row.integer(8),
                                           .list_end = row.integer(9),
                                           .root = row.hash(10)};
    auto calls = co_await session.query(
        "SELECT turn_begin, turn_end, expires_ms FROM line_calls WHERE line_no = $1 ORDER BY turn_end", row.integer(0));
    while (calls.step()) stored.calls.push_back({calls.integer(0), calls.integer(1), from_unix_ms(calls.integer(2))});
    co_return stored;
}

Task<LineBook::StoredLine> found_one(PostgresSession& session, const LineBook::Founding& founding) {
    co_await session.run(
        "INSERT INTO lines (sale_id, opened_ms, ticket_key, draw_secret, public_value) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (sale_id) DO NOTHING",
        founding.sale, to_unix_ms(founding.opened), founding.ticket_key, founding.draw_secret, founding.public_value);
    auto stored = co_await find_line(session, founding.sale);
    if (!stored) throw PostgresError(PostgresError::Kind::broken, "", "a line that was just founded is not there");
    co_return std::move(*stored);
}

Task<std::int64_t> raise_mark(PostgresSession& session, const SaleId& sale, const std::int64_t& mark) {
    auto row = co_await session.query(
        "UPDATE lines SET sequence_mark = greatest(sequence_mark, $2) WHERE sale_id = $1 RETURNING sequence_mark", sale,
        mark);
    if (!row.step()) throw PostgresError(PostgresError::Kind::broken, "", "this sale has no line");
    co_return row.integer(0);
}

/// Before the list is closed nobody needs the rows any more; afterwards they keep their turns.
PostgresStatement give_up(const LineRow& line, PostgresValue sequences) {
    return PostgresSession::statement(
        line.closing ? "UPDATE line_tickets SET live = 0 WHERE line_no = $1 AND sequence = ANY ($2)"
                     : "DELETE FROM line_tickets WHERE line_no = $1 AND sequence = ANY ($2)",
        line.number, std::move(sequences));
}

/// What is known of the numbers and customers of some new tickets.
struct KnownTickets {
    std::unordered_map<std::int64_t, CustomerId> by_number;
    std::map<CustomerId, std::int64_t> live;
};
Task<KnownTickets> known_tickets(PostgresSession& session, std::int64_t line,
                                 const std::vector<LineBook::NewTicket>& tickets) {
    PostgresArray numbers{Of::integers}, customers{Of::uuids};
    for (const auto& ticket : tickets) numbers.add(ticket.sequence), customers.add(ticket.customer);
    std::vector<PostgresStatement> questions;
    questions.push_back(PostgresSession::statement(
        "SELECT sequence, customer FROM line_tickets WHERE line_no = $1 AND sequence = ANY ($2)", line,
        numbers.take()));
    questions.push_back(PostgresSession::statement(
        "SELECT customer, sequence FROM line_tickets WHERE line_no = $1 AND customer = ANY ($2) AND live = 1", line,
        customers.take()));
    auto answers = co_await session.query_all(std::move(questions));
    KnownTickets known;
    while (answers[0].step()) known.by_number[answers[0].integer(0)] = CustomerId{answers[0].uuid(1)};
    while (answers[1].step()) known.live[CustomerId{answers[1].uuid(0)}] = answers[1].integer(1);
    co_return known;
}

Task<std::vector<LineBook::Added>> add_tickets(PostgresSession& session, const SaleId& sale,
                                               const std::vector<LineBook::NewTicket>& tickets) {
    const LineRow line = co_await lock_line(session, sale);
    auto known = co_await known_tickets(session, line.number, tickets);
    std::vector<LineBook::Added> added;
    // A customer's last ticket of the batch is the live one; those before it are given up as older ones are.
    std::map<std::int64_t, CustomerId> fresh;
    std::map<std::int64_t, CustomerId> fresh_given_up;
    PostgresArray given_up{Of::integers};
    for (const auto& ticket : tickets) {
        const auto taken = known.by_number.find(ticket.sequence);
        if (taken != known.by_number.end()) {
            added.push_back(taken->second == ticket.customer ? LineBook::Added::added : LineBook::Added::number_taken);
            continue;
        }
        if (const auto older = known.live.find(ticket.customer); older != known.live.end()) {
            if (const auto of_batch = fresh.find(older->second); of_batch != fresh.end()) {
                fresh_given_up.insert(*of_batch);
                fresh.erase(of_batch);
            } else {
                given_up.add(older->second);
            }
        }
        known.live[ticket.customer] = ticket.sequence;
        known.by_number[ticket.sequence] = ticket.customer;
        fresh[ticket.sequence] = ticket.customer;
        added.push_back(LineBook::Added::added);
    }
    PostgresArray numbers{Of::integers}, customers{Of::uuids}, live{Of::integers};
    const auto insert = [&](std::int64_t number, const CustomerId& customer, int is_live) {
        numbers.add(number), customers.add(customer), live.add(is_live);
    };
    for (const auto& [number, customer] : fresh) insert(number, customer, 1);
    if (line.closing)
        for (const auto& [number, customer] : fresh_given_up) insert(number, customer, 0);
    std::vector<PostgresStatement> last;
    if (!given_up.empty()) last.push_back(give_up(line, given_up.take()));
    if (!numbers.empty())
        last.push_back(
            PostgresSession::statement("INSERT INTO line_tickets (line_no, sequence, customer, live)"
                                       " SELECT $1, * FROM unnest($2::bigint[], $3::uuid[], $4::bigint[])",
                                       line.number, numbers.take(), customers.take(), live.take()));
    if (!last.empty()) co_await session.finish_with(std::move(last));
    co_return added;
}

Task<std::monostate> leave_one(PostgresSession& session, const SaleId& sale, const std::int64_t& sequence) {
    const LineRow line = co_await lock_line(session, sale);
    PostgresArray one{Of::integers};
    one.add(sequence);
    auto last = give_up(line, one.take());
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

Task<std::vector<LineBook::StoredTicket>> tickets_of(PostgresSession& session, const SaleId& sale,
                                                     const std::int64_t& sequence, const std::size_t& tickets_max) {
    auto line = co_await session.query("SELECT line_no FROM lines WHERE sale_id = $1", sale);
    if (!line.step()) throw PostgresError(PostgresError::Kind::broken, "", "this sale has no line");
    auto rows = co_await session.query(
        "SELECT sequence, customer, live FROM line_tickets WHERE line_no = $1 AND sequence > $2"
        " ORDER BY sequence LIMIT $3",
        line.integer(0), sequence, static_cast<std::int64_t>(tickets_max));
    std::vector<LineBook::StoredTicket> tickets;
    while (rows.step()) tickets.push_back({rows.integer(0), CustomerId{rows.uuid(1)}, rows.integer(2) != 0});
    co_return tickets;
}

Task<LineBook::Closing> close_one(PostgresSession& session, const SaleId& sale, const LineBook::Closing& closing) {
    const LineRow line = co_await lock_line(session, sale);
    if (line.closing) co_return *line.closing;
    co_await session.run(
        "UPDATE lines SET list_closed_ms = $2, list_entries = $3, list_end = $4, list_root = $5 WHERE line_no = $1",
        line.number, to_unix_ms(closing.at), closing.entries, closing.list_end, closing.root);
    co_return closing;
}

Task<std::monostate> record_one(PostgresSession& session, const SaleId& sale, const LineBook::Call& call,
                                const WallTime& now) {
    const LineRow line = co_await lock_line(session, sale);
    std::vector<PostgresStatement> last;
    last.push_back(PostgresSession::statement(
        "UPDATE lines SET called_turns = greatest(called_turns, $2) WHERE line_no = $1", line.number, call.turn_end));
    last.push_back(PostgresSession::statement(
        "INSERT INTO line_calls (line_no, turn_end, turn_begin, expires_ms) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (line_no, turn_end) DO UPDATE SET expires_ms = excluded.expires_ms",
        line.number, call.turn_end, call.turn_begin, to_unix_ms(call.expires)));
    // The few oldest ones are enough: each call brings one and takes the ended ones along.
    last.push_back(PostgresSession::statement(
        "DELETE FROM line_calls WHERE line_no = $1 AND turn_end IN (SELECT c.turn_end FROM line_calls c"
        " WHERE c.line_no = $1 ORDER BY c.turn_end LIMIT 8) AND expires_ms < $2",
        line.number, to_unix_ms(now)));
    co_await session.finish_with(std::move(last));
    co_return std::monostate{};
}

}  // namespace

LineBook::Answer<LineBook::StoredLine> PostgresLineBook::found(Founding founding) {
    auto written = co_await database_.write(Priority::operators, &found_one, founding);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::optional<LineBook::StoredLine>> PostgresLineBook::find(SaleId sale) {
    auto found = co_await database_.read_snapshot(&find_line, sale);
    co_return to_port<Error>(std::move(found));
}

LineBook::Answer<std::int64_t> PostgresLineBook::raise_sequence_mark(SaleId sale, std::int64_t mark) {
    auto written = co_await database_.write(Priority::shoppers, &raise_mark, sale, mark);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::vector<LineBook::Added>> PostgresLineBook::add(SaleId sale, std::vector<NewTicket> tickets) {
    auto written = co_await database_.write(Priority::shoppers, &add_tickets, sale, tickets);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::monostate> PostgresLineBook::leave(SaleId sale, std::int64_t sequence) {
    auto written = co_await database_.write(Priority::shoppers, &leave_one, sale, sequence);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::vector<LineBook::StoredTicket>> PostgresLineBook::tickets_after(SaleId sale,
                                                                                      std::int64_t sequence,
                                                                                      std::size_t tickets_max) {
    auto found = co_await database_.read(&tickets_of, sale, sequence, tickets_max);
    co_return to_port<Error>(std::move(found));
}

LineBook::Answer<LineBook::Closing> PostgresLineBook::close_list(SaleId sale, Closing closing) {
    auto written = co_await database_.write(Priority::operators, &close_one, sale, closing);
    co_return to_port<Error>(std::move(written));
}

LineBook::Answer<std::monostate> PostgresLineBook::record_call(SaleId sale, Call call, WallTime now) {
    auto written = co_await database_.write(Priority::operators, &record_one, sale, call, now);
    co_return to_port<Error>(std::move(written));
}

}  // namespace marketday::adapters
