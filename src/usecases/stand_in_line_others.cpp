// How a line is followed: what the book says of it, and what the processes that serve it tell each other.

#include <algorithm>

#include "base/log.hpp"
#include "usecases/stand_in_line.hpp"
#include "usecases/stand_in_line_sale.hpp"

namespace marketday::usecases {
namespace {

constexpr milliseconds kFollowAgainAfter{50};
constexpr milliseconds kFollowIdleEvery{500};
constexpr seconds kFollowOverEvery{5};
constexpr seconds kTellIdleEvery{2};
constexpr std::size_t kNewsRead = 64;
/// Whoever has told nothing for so long is dead or frozen, and has told no shopper to come for some seconds.
constexpr seconds kSilentFor{8};
/// How old another's pressure may be and still slow down the line.
constexpr seconds kPressureHolds{3};

using ports::LineBook;

}  // namespace

/// Holds the lease of whoever closes lists and calls.
Task<void> StandInLine::lead() {
    while (!stopping_) {
        const bool needed = std::ranges::any_of(lines_, [this](const auto& one) { return !over(*one.second); });
        if (needed) co_await renew_lead();
        lead_wake_.reset();
        if (stopping_) break;
        const Instant next = clock_.now() + std::min(options_.lease_length / 3, milliseconds{needed ? 5'000 : 500});
        co_await lead_wake_.wait(next);
    }
    if (fence_) {
        const ports::Fence fence = *fence_;
        const auto released = co_await leases_.release(fence);
        static_cast<void>(released);
        fence_.reset();
    }
    --tasks_;
    wake_.set();
}

Task<void> StandInLine::renew_lead() {
    const Instant begun = clock_.now();
    if (fence_) {
        const ports::Fence fence = *fence_;
        const WallTime wall_now = clock_.wall_now();
        const auto renewed = co_await leases_.renew(fence, wall_now, options_.lease_length);
        if (!renewed) co_return;  // not reached: good until it ends
        if (*renewed) {
            if (fence_) lead_ends_ = begun + options_.lease_length;
            co_return;
        }
        log::warn("line.lead.lost");
        fence_.reset();
    }
    const WallTime wall_now = clock_.wall_now();
    auto granted = co_await leases_.acquire("lines", options_.holder, wall_now, options_.lease_length);
    if (!granted || !*granted) co_return;
    fence_ = std::move(**granted);
    lead_ends_ = begun + options_.lease_length;
    log::info("line.lead.taken", {{"token", fence_->token}});
}

milliseconds StandInLine::follow_pause(const LineOfSale& line) const {
    if (over(line)) return kFollowOverEvery;
    if (!selling(line)) return kFollowIdleEvery;
    return line.line.list_closed() ? options_.follow_every : options_.tick;
}

/// Brings the line up to what the book says. False when the book did not answer.
Task<bool> StandInLine::follow(LineOfSale& line) {
    const auto looks = std::move(line.looks);
    line.looks.clear();
    const Instant begun = clock_.now();
    auto stored = co_await book_.follow(line.founding.sale, line.seen);
    const bool answered = stored && *stored;
    if (answered) {
        const std::int64_t newest = (*stored)->news;
        co_await apply(line, std::move(**stored));
        if (!alone() && newest > line.news_seen) co_await hear_news(line, newest);
        line.followed_at = begun;
    }
    line.unreachable = !answered;
    if (!answered)
        line.follow_at = clock_.now() + kFollowAgainAfter;
    else
        line.follow_at = alone() ? Instant::max() : begun + follow_pause(line);
    for (const auto& ask : looks) {
        if (!answered) ask->failure = Error::unavailable;
        ask->done.set();
    }
    co_return answered;
}

void StandInLine::put(LineOfSale& line, const LineBook::StoredTicket& ticket) {
    auto slot = line.line.find(ticket.sequence);
    if (!slot) {
        // Those who left before the list was closed have no turn.
        const bool has_turn = ticket.standing != LineBook::Standing::unlisted;
        const bool is_new = ticket.sequence > line.seen.sequence;
        line.seen.sequence = std::max(line.seen.sequence, ticket.sequence);
        if (!is_new || !has_turn) return;
        slot = line.line.add(ticket.sequence, ticket.customer, clock_.now());
    }
    switch (ticket.standing) {
        case LineBook::Standing::live: break;
        case LineBook::Standing::given_up:
        case LineBook::Standing::unlisted: line.line.leave(*slot); break;
        case LineBook::Standing::passed_over: line.line.pass_over(*slot); break;
    }
}

Task<void> StandInLine::apply(LineOfSale& line, LineBook::Line stored) {
    if (stored.change == line.seen.change) co_return;
    if (stored.closing && !line.line.list_closed()) {
        // First the list as it was when it was closed; what became of its tickets since, below.
        for (LineBook::StoredTicket ticket : stored.tickets) {
            if (ticket.sequence >= stored.closing->list_end) break;
            if (ticket.standing != LineBook::Standing::unlisted) ticket.standing = LineBook::Standing::live;
            put(line, ticket);
        }
        co_await end_list(line, *stored.closing);
    }
    for (const LineBook::StoredTicket& ticket : stored.tickets) put(line, ticket);
    if (line.line.list_closed()) apply_calls(line, stored);
    line.seen.change = stored.change;
}

void StandInLine::apply_calls(LineOfSale& line, const LineBook::Line& stored) {
    const auto turns = static_cast<std::int64_t>(line.line.size());
    const auto before = line.line.called_turns();
    const Instant now = clock_.now();
    const WallTime wall_now = clock_.wall_now();
    for (const LineBook::Call& call : stored.calls) {
        if (call.turn_end <= line.line.called_turns() || call.turn_end > turns) continue;
        line.line.restore_lapsed(static_cast<std::uint32_t>(call.turn_begin));
        const auto turn_end = static_cast<std::uint32_t>(call.turn_end);
        if (alone())
            line.line.restore_call(turn_end, call.expires);
        else
            line.line.apply_call(
                turn_end, call.expires,
                now - std::max(wall_now - (call.expires - line.sale.line.admission_valid), WallTime::duration{0}));
    }
    if (stored.called_turns > turns)
        log::error("line.list_differs",
                   {{"sale", line.founding.sale.to_string()}, {"listed", turns}, {"called", stored.called_turns}});
    line.line.restore_lapsed(static_cast<std::uint32_t>(std::min(stored.called_turns, turns)));
    line.called_since += line.line.called_turns() - before;
}

Task<void> StandInLine::hear_news(LineOfSale& line, std::int64_t newest) {
    while (line.news_seen < newest) {
        const auto wanted = std::min<std::int64_t>(static_cast<std::int64_t>(kNewsRead), newest - line.news_seen);
        const auto after =
            co_await book_.news_after(line.founding.sale, line.news_seen, static_cast<std::size_t>(wanted));
        if (!after) co_return;
        for (const LineBook::News& news : after->news)
            if (news.process != options_.process) hear(line, news);
        if (!after->complete) {
            line.line.take_all_for_present(clock_.now());
            line.line.assume_calls_taken_up();
        }
        if (after->number == line.news_seen) co_return;
        line.news_seen = after->number;
    }
}

void StandInLine::hear(LineOfSale& line, const LineBook::News& news) {
    const Instant now = clock_.now();
    for (const std::int64_t sequence : news.heard)
        if (const auto slot = line.line.find(sequence)) line.line.heard_elsewhere(*slot, now);
    for (const std::int64_t sequence : news.spent) {
        const auto slot = line.line.find(sequence);
        if (slot) line.line.spend(*slot);
        // Perhaps for a unit that the last look at the stock still counted.
        line.units_left = std::max<std::int64_t>(0, line.units_left - 1);
        if (line.reading_stock) ++line.used_while_reading;
    }
    if (news.last) {
        line.others.erase(news.process);
        return;
    }
    line.others[news.process] = {
        .told_until = news.at, .heard_at = now, .lane_fill_permille = news.lane_fill_permille, .latency = news.latency};
}

/// A process that died could not tell any more who had ordered there. Their admissions would take up room until they
/// end; the store knows.
Task<void> StandInLine::forget_silent(LineOfSale& line) {
    const Instant now = clock_.now();
    const auto silent =
        std::erase_if(line.others, [now](const auto& other) { return now - other.second.heard_at > kSilentFor; });
    // Whom it told to come before it fell silent, nobody knows.
    if (silent > 0) line.line.assume_calls_taken_up();
    line.one_fell_silent = line.one_fell_silent || silent > 0;
    if (!line.one_fell_silent || line.unreachable) co_return;
    const bool marked = co_await mark_spent(line);
    line.one_fell_silent = !marked;
}

Instant StandInLine::heard_until(const LineOfSale& line) const {
    if (alone()) return Instant::max();
    const WallTime wall_now = clock_.wall_now();
    const Instant now = clock_.now();
    Instant until = line.followed_at;
    for (const auto& [process, other] : line.others)
        until = std::min<Instant>(until, now - (wall_now - other.told_until));
    return until;
}

bool StandInLine::tell_is_due(const LineOfSale& line) const {
    if (alone()) return false;
    const auto since =
        line.tell_tried_at == Instant::min() ? Instant::duration::max() : clock_.now() - line.tell_tried_at;
    if (selling(line)) return since >= options_.tell_every;
    return !(line.heard.empty() && line.spent.empty()) && since >= kTellIdleEvery;
}

Task<void> StandInLine::tell(LineOfSale& line, bool last) {
    const auto pressure = pressure_.pressure(line.founding.sale);
    LineBook::News news{
        .process = options_.process,
        .at = clock_.wall_now(),
        .heard = std::move(line.heard),
        .spent = std::move(line.spent),
        .lane_fill_permille = pressure.lane_depth_max == 0
                                  ? 0
                                  : static_cast<std::int64_t>(pressure.lane_depth * 1000 / pressure.lane_depth_max),
        .latency = pressure.latency_p99,
        .last = last};
    line.heard.clear();
    line.spent.clear();
    const Instant begun = clock_.now();
    line.tell_tried_at = begun;
    const auto told = co_await book_.tell(line.founding.sale, news);
    if (told) {
        line.told_at = begun;
        co_return;
    }
    // Told once more with the next.
    line.heard.insert(line.heard.end(), news.heard.begin(), news.heard.end());
    line.spent.insert(line.spent.end(), news.spent.begin(), news.spent.end());
}

/// The worst of what all processes' checkouts show.
domain::Pressure StandInLine::pressure_of_all(const LineOfSale& line) const {
    domain::Pressure pressure = pressure_.pressure(line.founding.sale);
    const Instant now = clock_.now();
    for (const auto& [process, other] : line.others) {
        if (now - other.heard_at > kPressureHolds) continue;
        pressure.latency_p99 = std::max(pressure.latency_p99, other.latency);
        const auto depth = static_cast<std::size_t>(other.lane_fill_permille) * pressure.lane_depth_max / 1000;
        pressure.lane_depth = std::max(pressure.lane_depth, depth);
    }
    return pressure;
}

}  // namespace marketday::usecases
