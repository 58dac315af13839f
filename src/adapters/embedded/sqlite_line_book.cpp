#include "adapters/embedded/sqlite_line_book.hpp"

#include <algorithm>

#include "adapters/embedded/sqlite_leases.hpp"
#include "adapters/stored/number_set.hpp"

namespace marketday::adapters {
namespace {

using ports::LineBook;
using Error = LineBook::Error;
using Priority = SqliteDatabase::Priority;
using Standing = LineBook::Standing;

Error to_port_error(StoreFailure failure) {
    switch (failure) {
        case StoreFailure::unavailable:
        case StoreFailure::full: return Error::unavailable;
        case StoreFailure::outcome_unknown: return Error::outcome_unknown;
    }
    return Error::outcome_unknown;
}

template <class T>
Result<T, Error> to_port(SqliteDatabase::Written<T> written) {
    if (written) return std::move(*written);
    return fail(to_port_error(written.error()));
}

/// Of work that may find itself fenced.
template <class T>
Result<T, Error> to_port(SqliteDatabase::Written<Result<T, Error>> written) {
    if (written) return std::move(*written);
    return fail(to_port_error(written.error()));
}

Hash256 hash_at(const SqliteQuery& row, int column) {
    Hash256 hash{};
    const auto bytes = row.blob(column);
    if (bytes.size() != hash.size()) throw SqliteError{SQLITE_CORRUPT, "a line's hash has the wrong length"};
    std::ranges::copy(bytes, hash.begin());
    return hash;
}

struct LineRow {
    std::int64_t number = 0;
    std::int64_t change = 0;
    bool list_closed = false;
};
/// Throws when the line was never founded: nothing is written for a line that does not exist.
LineRow line_row(SqliteConnection& c, const SaleId& sale) {
    auto q = c.query("SELECT line_no, change, list_closed_ms IS NOT NULL FROM lines WHERE sale_id = ?1", sale);
    if (!q.step()) throw SqliteError{SQLITE_NOTFOUND, "this sale has no line"};
    return {q.integer(0), q.integer(1), q.integer(2) != 0};
}

/// The number of this change, which is the line's newest from here on.
std::int64_t next_change(SqliteConnection& c, LineRow& line) {
    c.run("UPDATE lines SET change = ?2 WHERE line_no = ?1", line.number, ++line.change);
    return line.change;
}

void change_standing(SqliteConnection& c, const LineRow& line, std::int64_t sequence, Standing standing) {
    c.run("UPDATE line_tickets SET live = ?3, changed = ?4 WHERE line_no = ?1 AND sequence = ?2 AND live = 1",
          line.number, sequence, static_cast<int>(standing), line.change);
}

Standing given_up(const LineRow& line) { return line.list_closed ? Standing::given_up : Standing::unlisted; }

std::optional<std::int64_t> live_ticket(SqliteConnection& c, std::int64_t line, const CustomerId& customer) {
    auto q =
        c.query("SELECT sequence FROM line_tickets WHERE line_no = ?1 AND customer = ?2 AND live = 1", line, customer);
    if (!q.step()) return std::nullopt;
    return q.integer(0);
}

void join_in(SqliteConnection& c, const SaleId& sale, const std::vector<LineBook::Join>& joins) {
    LineRow line = line_row(c, sale);
    std::int64_t next = 0;
    {
        auto q = c.query("SELECT sequence_mark FROM lines WHERE line_no = ?1", line.number);
        q.step();
        next = q.integer(0);
    }
    const std::int64_t first = next;
    for (const LineBook::Join& join : joins) {
        const auto live = live_ticket(c, line.number, join.customer);
        if (live && *live != join.instead_of) continue;
        if (next == first) next_change(c, line);
        if (live) change_standing(c, line, *live, given_up(line));
        c.run("INSERT INTO line_tickets (line_no, sequence, customer, changed) VALUES (?1, ?2, ?3, ?4)", line.number,
              next++, join.customer, line.change);
    }
    if (next != first) c.run("UPDATE lines SET sequence_mark = ?2 WHERE line_no = ?1", line.number, next);
}

void leave_in(SqliteConnection& c, const SaleId& sale, std::int64_t sequence) {
    LineRow line = line_row(c, sale);
    next_change(c, line);
    change_standing(c, line, sequence, given_up(line));
}

std::optional<LineBook::Line> line_in(SqliteConnection& c, const SaleId& sale, LineBook::Seen seen) {
    LineBook::Line line;
    std::int64_t number = 0;
    {
        auto q = c.query(
            "SELECT line_no, opened_ms, ticket_key, draw_secret, public_value, change, news, called_turns,"
            " list_closed_ms, list_entries, list_end, list_root FROM lines WHERE sale_id = ?1",
            sale);
        if (!q.step()) return std::nullopt;
        number = q.integer(0);
        line.founding = {.sale = sale,
                         .opened = from_unix_ms(q.integer(1)),
                         .ticket_key = hash_at(q, 2),
                         .draw_secret = hash_at(q, 3),
                         .public_value = q.text(4)};
        line.change = q.integer(5);
        line.news = q.integer(6);
        line.called_turns = q.integer(7);
        if (!q.is_null(8))
            line.closing = LineBook::Closing{.at = from_unix_ms(q.integer(8)),
                                             .entries = q.integer(9),
                                             .list_end = q.integer(10),
                                             .root = hash_at(q, 11)};
    }
    if (line.change == seen.change) return line;
    {
        auto q = c.query("SELECT turn_begin, turn_end, expires_ms FROM line_calls WHERE line_no = ?1 ORDER BY turn_end",
                         number);
        while (q.step()) line.calls.push_back({q.integer(0), q.integer(1), from_unix_ms(q.integer(2))});
    }
    auto q = c.query(
        "SELECT sequence, customer, live FROM line_tickets WHERE line_no = ?1 AND live <> 1 AND changed > ?3"
        " AND sequence <= ?2"
        " UNION ALL SELECT sequence, customer, live FROM line_tickets WHERE line_no = ?1 AND sequence > ?2"
        " ORDER BY sequence",
        number, seen.sequence, seen.change);
    while (q.step()) line.tickets.push_back({q.integer(0), CustomerId{q.uuid(1)}, static_cast<Standing>(q.integer(2))});
    return line;
}

bool close_in(SqliteConnection& c, const SaleId& sale, const LineBook::Closing& closing, std::int64_t change) {
    LineRow line = line_row(c, sale);
    if (line.list_closed || line.change != change) return false;
    next_change(c, line);
    c.run("UPDATE lines SET list_closed_ms = ?2, list_entries = ?3, list_end = ?4, list_root = ?5 WHERE line_no = ?1",
          line.number, to_unix_ms(closing.at), closing.entries, closing.list_end,
          std::span<const std::uint8_t>{closing.root});
    return true;
}

WallTime record_in(SqliteConnection& c, const SaleId& sale, const LineBook::Call& call,
                   const std::vector<std::int64_t>& passed_over, WallTime now) {
    LineRow line = line_row(c, sale);
    {
        auto q = c.query("SELECT expires_ms FROM line_calls WHERE line_no = ?1 AND turn_end = ?2", line.number,
                         call.turn_end);
        if (q.step()) return from_unix_ms(q.integer(0));
    }
    next_change(c, line);
    c.run("UPDATE lines SET called_turns = max(called_turns, ?2) WHERE line_no = ?1", line.number, call.turn_end);
    c.run("INSERT INTO line_calls (line_no, turn_end, turn_begin, expires_ms) VALUES (?1, ?2, ?3, ?4)", line.number,
          call.turn_end, call.turn_begin, to_unix_ms(call.expires));
    for (const std::int64_t sequence : passed_over) change_standing(c, line, sequence, Standing::passed_over);
    // The few oldest ones are enough: each call brings one and takes the ended ones along.
    c.run(
        "DELETE FROM line_calls WHERE line_no = ?1 AND turn_end IN (SELECT turn_end FROM line_calls WHERE line_no = ?1"
        " ORDER BY turn_end LIMIT 8) AND expires_ms < ?2",
        line.number, to_unix_ms(now));
    return call.expires;
}

void tell_in(SqliteConnection& c, const SaleId& sale, const LineBook::News& news) {
    const LineRow line = line_row(c, sale);
    c.run("UPDATE lines SET news = news + 1 WHERE line_no = ?1", line.number);
    const auto heard = number_set_to_bytes(news.heard);
    const auto spent = number_set_to_bytes(news.spent);
    c.run(
        "INSERT INTO line_news (line_no, number, process, at_ms, heard, spent, lane_fill_permille, latency_ms, last)"
        " SELECT line_no, news, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM lines WHERE line_no = ?1",
        line.number, news.process, to_unix_ms(news.at), std::span<const std::uint8_t>{heard},
        std::span<const std::uint8_t>{spent}, news.lane_fill_permille, news.latency.count(), news.last);
    c.run("DELETE FROM line_news WHERE line_no = ?1 AND number <= (SELECT news FROM lines WHERE line_no = ?1) - ?2",
          line.number, LineBook::kNewsKept);
}

LineBook::NewsAfter news_in(SqliteConnection& c, const SaleId& sale, std::int64_t number, std::size_t news_max) {
    LineBook::NewsAfter after{.number = number, .complete = true, .news = {}};
    auto q = c.query(
        "SELECT number, process, at_ms, heard, spent, lane_fill_permille, latency_ms, last FROM line_news"
        " WHERE line_no = ?1 AND number > ?2 ORDER BY number LIMIT ?3",
        line_row(c, sale).number, number, static_cast<std::int64_t>(news_max));
    while (q.step()) {
        if (q.integer(0) != after.number + 1) after.complete = false;
        after.number = q.integer(0);
        after.news.push_back({.process = q.text(1),
                              .at = from_unix_ms(q.integer(2)),
                              .heard = number_set_of_bytes(q.blob(3)),
                              .spent = number_set_of_bytes(q.blob(4)),
                              .lane_fill_permille = q.integer(5),
                              .latency = milliseconds{q.integer(6)},
                              .last = q.integer(7) != 0});
    }
    return after;
}

}  // namespace

// Work is named before it is handed over: GCC 12 destroys a captured temporary of an awaited call twice.

LineBook::Answer<LineBook::Founding> SqliteLineBook::found(Founding founding) {
    auto work = [founding](SqliteConnection& c) {
        c.run(
            "INSERT INTO lines (sale_id, opened_ms, ticket_key, draw_secret, public_value) VALUES (?1, ?2, ?3, ?4, ?5)"
            " ON CONFLICT (sale_id) DO NOTHING",
            founding.sale, to_unix_ms(founding.opened), std::span<const std::uint8_t>{founding.ticket_key},
            std::span<const std::uint8_t>{founding.draw_secret}, founding.public_value);
        return line_in(c, founding.sale, {})->founding;
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::optional<LineBook::Line>> SqliteLineBook::follow(SaleId sale, Seen seen) {
    auto work = [sale, seen](SqliteConnection& c) { return line_in(c, sale, seen); };
    auto read = co_await database_.read(std::move(work));
    co_return to_port(std::move(read));
}

LineBook::Answer<std::monostate> SqliteLineBook::join(SaleId sale, std::vector<Join> joins) {
    auto work = [sale, joins](SqliteConnection& c) {
        join_in(c, sale, joins);
        return std::monostate{};
    };
    auto written = co_await database_.write(Priority::shoppers, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::monostate> SqliteLineBook::leave(SaleId sale, std::int64_t sequence) {
    auto work = [sale, sequence](SqliteConnection& c) {
        leave_in(c, sale, sequence);
        return std::monostate{};
    };
    auto written = co_await database_.write(Priority::shoppers, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<bool> SqliteLineBook::close_list(SaleId sale, Closing closing, std::int64_t change,
                                                  ports::Fence fence) {
    auto work = [sale, closing, change, fence](SqliteConnection& c) -> Result<bool, Error> {
        if (!fence_holds(c, fence)) return fail(Error::fenced);
        return close_in(c, sale, closing, change);
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<WallTime> SqliteLineBook::record_call(SaleId sale, Call call, std::vector<std::int64_t> passed_over,
                                                       WallTime now, ports::Fence fence) {
    auto work = [sale, call, passed_over, now, fence](SqliteConnection& c) -> Result<WallTime, Error> {
        if (!fence_holds(c, fence)) return fail(Error::fenced);
        return record_in(c, sale, call, passed_over, now);
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<std::monostate> SqliteLineBook::tell(SaleId sale, News news) {
    auto work = [sale, news](SqliteConnection& c) {
        tell_in(c, sale, news);
        return std::monostate{};
    };
    auto written = co_await database_.write(Priority::operators, std::move(work));
    co_return to_port(std::move(written));
}

LineBook::Answer<LineBook::NewsAfter> SqliteLineBook::news_after(SaleId sale, std::int64_t number,
                                                                 std::size_t news_max) {
    auto work = [sale, number, news_max](SqliteConnection& c) { return news_in(c, sale, number, news_max); };
    auto read = co_await database_.read(std::move(work));
    co_return to_port(std::move(read));
}

}  // namespace marketday::adapters
