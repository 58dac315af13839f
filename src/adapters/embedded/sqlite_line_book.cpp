#include "adapters/embedded/sqlite_line_book.hpp"

#include <algorithm>

namespace marketday::adapters {
namespace {

using ports::LineBook;
using Priority = SqliteDatabase::Priority;

template <class T>
Result<T, LineBook::Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    switch (written.error()) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return fail(LineBook::Error::unavailable);
        case StoreFailure::outcome_unknown: return fail(LineBook::Error::outcome_unknown);
    }
    return fail(LineBook::Error::outcome_unknown);
}

Hash256 hash_at(const SqliteQuery& row, int column) {
    Hash256 hash{};
    const auto bytes = row.blob(column);
    if (bytes.size() != hash.size()) throw SqliteError{SQLITE_CORRUPT, "a line's hash has the wrong length"};
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

/// Throws when the line was never founded: nothing is written for a line that does not exist.
std::int64_t line_no(SqliteConnection& c, const SaleId& sale) {
    auto q = c.query("SELECT line_no FROM lines WHERE sale_id = ?1", sale);
    if (!q.step()) throw SqliteError{SQLITE_NOTFOUND, "this sale has no line"};
    return q.integer(0);
}

std::optional<LineBook::Closing> closing_of(SqliteConnection& c, std::int64_t line) {
    auto q = c.query("SELECT list_closed_ms, list_entries, list_end, list_root FROM lines WHERE line_no = ?1", line);
    if (!q.step() || q.is_null(0)) return std::nullopt;
    return LineBook::Closing{
        .at = from_unix_ms(q.integer(0)), .entries = q.integer(1), .list_end = q.integer(2), .root = hash_at(q, 3)};
}

std::optional<LineBook::StoredLine> find_line(SqliteConnection& c, const SaleId& sale) {
    LineBook::StoredLine stored;
    std::int64_t line = 0;
    {
        auto q = c.query(
            "SELECT line_no, opened_ms, ticket_key, draw_secret, public_value, sequence_mark, called_turns FROM lines"
            " WHERE sale_id = ?1",
            sale);
        if (!q.step()) return std::nullopt;
        line = q.integer(0);
        stored.founding = {.sale = sale,
                           .opened = from_unix_ms(q.integer(1)),
                           .ticket_key = hash_at(q, 2),
                           .draw_secret = hash_at(q, 3),
                           .public_value = q.text(4)};
        stored.sequence_mark = q.integer(5);
        stored.called_turns = q.integer(6);
    }
    stored.closing = closing_of(c, line);
    auto q =
        c.query("SELECT turn_begin, turn_end, expires_ms FROM line_calls WHERE line_no = ?1 ORDER BY turn_end", line);
    while (q.step()) stored.calls.push_back({q.integer(0), q.integer(1), from_unix_ms(q.integer(2))});
    return stored;
}

/// Before the list is closed nobody needs the row any more; afterwards it keeps its turn.
void give_up(SqliteConnection& c, std::int64_t line, std::int64_t sequence, bool list_closed) {
    if (list_closed)
        c.run("UPDATE line_tickets SET live = 0 WHERE line_no = ?1 AND sequence = ?2", line, sequence);
    else
        c.run("DELETE FROM line_tickets WHERE line_no = ?1 AND sequence = ?2", line, sequence);
}

LineBook::Added add_ticket(SqliteConnection& c, std::int64_t line, bool list_closed,
                           const LineBook::NewTicket& ticket) {
    {
        auto q =
            c.query("SELECT customer FROM line_tickets WHERE line_no = ?1 AND sequence = ?2", line, ticket.sequence);
        if (q.step()) {
            return CustomerId{q.uuid(0)} == ticket.customer ? LineBook::Added::added : LineBook::Added::number_taken;
        }
    }
    std::optional<std::int64_t> older;
    {
        auto q = c.query("SELECT sequence FROM line_tickets WHERE line_no = ?1 AND customer = ?2 AND live = 1", line,
                         ticket.customer);
        if (q.step()) older = q.integer(0);
    }
    if (older) give_up(c, line, *older, list_closed);
    c.run("INSERT INTO line_tickets (line_no, sequence, customer) VALUES (?1, ?2, ?3)", line, ticket.sequence,
          ticket.customer);
    return LineBook::Added::added;
}

std::vector<LineBook::StoredTicket> tickets_in(SqliteConnection& c, const SaleId& sale, std::int64_t sequence,
                                               std::size_t tickets_max) {
    std::vector<LineBook::StoredTicket> tickets;
    auto q = c.query(
        "SELECT sequence, customer, live FROM line_tickets WHERE line_no = ?1 AND sequence > ?2"
        " ORDER BY sequence LIMIT ?3",
        line_no(c, sale), sequence, static_cast<std::int64_t>(tickets_max));
    while (q.step()) tickets.push_back({q.integer(0), CustomerId{q.uuid(1)}, q.integer(2) != 0});
    return tickets;
}

LineBook::Closing close_in(SqliteConnection& c, const SaleId& sale, const LineBook::Closing& closing) {
    const std::int64_t line = line_no(c, sale);
    if (const auto first = closing_of(c, line)) return *first;
    c.run("UPDATE lines SET list_closed_ms = ?2, list_entries = ?3, list_end = ?4, list_root = ?5 WHERE line_no = ?1",
          line, to_unix_ms(closing.at), closing.entries, closing.list_end, std::span<const std::uint8_t>{closing.root});
    return closing;
}

void record_in(SqliteConnection& c, const SaleId& sale, const LineBook::Call& call, WallTime now) {
    const std::int64_t line = line_no(c, sale);
    c.run("UPDATE lines SET called_turns = max(called_turns, ?2) WHERE line_no = ?1", line, call.turn_end);
    c.run(
        "INSERT INTO line_calls (line_no, turn_end, turn_begin, expires_ms) VALUES (?1, ?2, ?3, ?4)"
        " ON CONFLICT (line_no, turn_end) DO UPDATE SET expires_ms = excluded.expires_ms",
        line, call.turn_end, call.turn_begin, to_unix_ms(call.expires));
    // The few oldest ones are enough: each call brings one and takes the ended ones along.
    c.run(
        "DELETE FROM line_calls WHERE line_no = ?1 AND turn_end IN (SELECT turn_end FROM line_calls WHERE line_no = ?1"
        " ORDER BY turn_end LIMIT 8) AND expires_ms < ?2",
        line, to_unix_ms(now));
}

}  // namespace

// Work is named before it is handed over: GCC 12 destroys a captured temporary of an awaited call twice.

LineBook::Answer<LineBook::StoredLine> SqliteLineBook::found(Founding founding) {
    auto work = [founding](SqliteConnection& c) {
        c.run(
            "INSERT INTO lines (sale_id, opened_ms, ticket_key, draw_secret, public_value) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (sale_id) DO NOTHING",
            founding.sale, to_unix_ms(founding.opened), std::span<const std::uint8_t>{founding.ticket_key},
            std::span<const std::uint8_t>{founding.draw_secret}, founding.public_value);
        return *find_line(c, founding.sale);
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::optional<LineBook::StoredLine>> SqliteLineBook::find(SaleId sale) {
    auto work = [sale](SqliteConnection& c) { return find_line(c, sale); };
    auto found = co_await database_.read(std::move(work));
    co_return to_port(std::move(found));
}

LineBook::Answer<std::int64_t> SqliteLineBook::raise_sequence_mark(SaleId sale, std::int64_t mark) {
    auto work = [sale, mark](SqliteConnection& c) {
        c.run("UPDATE lines SET sequence_mark = max(sequence_mark, ?2) WHERE sale_id = ?1", sale, mark);
        auto q = c.query("SELECT sequence_mark FROM lines WHERE sale_id = ?1", sale);
        if (!q.step()) throw SqliteError{SQLITE_NOTFOUND, "this sale has no line"};
        return q.integer(0);
    };
    auto written = co_await database_.write(Priority::shoppers, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::vector<LineBook::Added>> SqliteLineBook::add(SaleId sale, std::vector<NewTicket> tickets) {
    auto work = [sale, tickets](SqliteConnection& c) {
        const std::int64_t line = line_no(c, sale);
        const bool list_closed = closing_of(c, line).has_value();
        std::vector<Added> added;
        added.reserve(tickets.size());
        for (const NewTicket& ticket : tickets) added.push_back(add_ticket(c, line, list_closed, ticket));
        return added;
    };
    auto written = co_await database_.write(Priority::shoppers, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::monostate> SqliteLineBook::leave(SaleId sale, std::int64_t sequence) {
    auto work = [sale, sequence](SqliteConnection& c) {
        const std::int64_t line = line_no(c, sale);
        give_up(c, line, sequence, closing_of(c, line).has_value());
        return std::monostate{};
    };
    auto written = co_await database_.write(Priority::shoppers, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::vector<LineBook::StoredTicket>> SqliteLineBook::tickets_after(SaleId sale, std::int64_t sequence,
                                                                                    std::size_t tickets_max) {
    auto work = [sale, sequence, tickets_max](SqliteConnection& c) {
        return tickets_in(c, sale, sequence, tickets_max);
    };
    auto read = co_await database_.read(std::move(work));
    co_return to_port(std::move(read));
}

LineBook::Answer<LineBook::Closing> SqliteLineBook::close_list(SaleId sale, Closing closing) {
    auto work = [sale, closing](SqliteConnection& c) { return close_in(c, sale, closing); };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::monostate> SqliteLineBook::record_call(SaleId sale, Call call, WallTime now) {
    auto work = [sale, call, now](SqliteConnection& c) {
        record_in(c, sale, call, now);
        return std::monostate{};
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

}  // namespace marketday::adapters
