// What one line's own task does: tickets, the list's end, calls. Each change is durable before anybody is told.

#include <algorithm>
#include <unordered_set>

#include "base/log.hpp"
#include "domain/ticket.hpp"
#include "usecases/stand_in_line.hpp"
#include "usecases/stand_in_line_sale.hpp"

namespace marketday::usecases {
namespace {

constexpr milliseconds kRetryEvery{50};
constexpr std::size_t kHashedWithoutPause = 20'000;
/// Whoever has not followed the others for longer calls nobody.
constexpr seconds kFollowedWithin{2};

using Ask = LineOfSale::Ask;
using ports::LineBook;

void end(Ask& ask, std::optional<StandInLine::Error> failure) {
    ask.failure = failure;
    ask.done.set();
}

}  // namespace

Task<void> StandInLine::run_line(LineOfSale& line) {
    while (!stopping_ && !line.retired) {
        if (!line.looks.empty() || clock_.now() >= line.follow_at) co_await follow(line);
        co_await forget_silent(line);
        line.line.expire(clock_.now(), clock_.wall_now(), heard_until(line));
        const bool sells = selling(line);
        if (sells && !line.line.list_closed() && leads()) co_await close_list(line);
        // From the opening to the list's end nobody joins: a ticket is either in the list or after it.
        const bool may_write = line.line.list_closed() || !sells;
        if (may_write && !line.asks.empty()) co_await write_asks(line);
        if (tell_is_due(line)) co_await tell(line, false);
        if (line.line.list_closed() && sells && leads()) co_await call_next(line);

        if (stopping_ || !line.looks.empty() || (may_write && !line.asks.empty())) continue;
        line.wake.reset();
        const bool busy = sells || line.line.outstanding() > 0;
        auto wait = busy ? options_.tick : milliseconds{500};
        if (!sells && line.sale.state == domain::SaleState::scheduled)
            wait = std::clamp(line.sale.opens_at - clock_.wall_now(), milliseconds{1}, wait);
        const Instant until = std::min(clock_.now() + wait, std::max(line.follow_at, clock_.now() + milliseconds{1}));
        co_await line.wake.wait(until);
    }
    if (!alone()) co_await tell(line, true);
    for (const auto& ask : line.asks) end(*ask, Error::unavailable);
    for (const auto& ask : line.looks) end(*ask, Error::unavailable);
    line.asks.clear();
    line.looks.clear();
    --line.tasks;
    --tasks_;
    wake_.set();
}

Task<void> StandInLine::write_asks(LineOfSale& line) {
    if (line.asks.front()->leaving)
        co_await write_leave(line);
    else
        co_await write_joins(line);
}

Task<void> StandInLine::write_leave(LineOfSale& line) {
    const std::shared_ptr<Ask> ask = line.asks.front();
    line.asks.pop_front();
    auto left = co_await book_.leave(line.founding.sale, *ask->leaving);
    while (!left && left.error() == LineBook::Error::outcome_unknown && !stopping_) {
        co_await sleep_for(kRetryEvery);
        left = co_await book_.leave(line.founding.sale, *ask->leaving);
    }
    const bool followed = co_await follow(line);
    if (!left || !followed) co_return end(*ask, Error::unavailable);
    end(*ask, std::nullopt);
}

Task<void> StandInLine::write_joins(LineOfSale& line) {
    std::vector<std::shared_ptr<Ask>> asks;
    std::vector<LineBook::Join> joins;
    std::unordered_set<CustomerId> wanted;
    while (!line.asks.empty() && !line.asks.front()->leaving && joins.size() < LineBook::kBatchTicketsMax) {
        asks.push_back(line.asks.front());
        line.asks.pop_front();
        const CustomerId customer = asks.back()->customer;
        const auto slot = line.line.find(customer);
        const bool new_ticket = !slot || line.line.may_join_again(*slot);
        // Two windows of one account get one ticket.
        if (new_ticket && wanted.insert(customer).second)
            joins.push_back({customer, slot ? line.line.ticket(*slot).sequence : 0});
    }
    std::optional<Error> failure;
    if (!joins.empty()) {
        auto joined = co_await book_.join(line.founding.sale, joins);
        while (!joined && joined.error() == LineBook::Error::outcome_unknown && !stopping_) {
            // Joining again completes what may have happened, and gives nobody two tickets.
            co_await sleep_for(kRetryEvery);
            joined = co_await book_.join(line.founding.sale, joins);
        }
        const bool followed = co_await follow(line);
        if (!joined || !followed) failure = Error::unavailable;
        if (!joined) co_await sleep_for(kRetryEvery);
    }
    for (const auto& ask : asks) end(*ask, failure);
}

/// The list and its root, as far as the book was followed.
Task<void> StandInLine::work_out_list(LineOfSale& line) {
    line.line.drop_left();
    const SaleId sale = line.founding.sale;
    const auto listed = static_cast<domain::Line::Slot>(line.line.size());
    line.entries.clear();
    line.entries.reserve(listed);
    line.entries_root = domain::draw_list_genesis(sale);
    for (domain::Line::Slot slot = 0; slot < listed; ++slot) {
        const auto& ticket = line.line.ticket(slot);
        const auto text = domain::sign_ticket({sale, ticket.customer, ticket.sequence}, line.founding.ticket_key);
        line.entries.push_back(domain::draw_entry(text));
        line.entries_root = domain::draw_list_extend(line.entries_root, line.entries.back());
        if (slot % kHashedWithoutPause == kHashedWithoutPause - 1) co_await sleep_for(milliseconds{0});
    }
    line.entries_of_change = line.seen.change;
}

Task<void> StandInLine::close_list(LineOfSale& line) {
    if (line.entries_of_change != line.seen.change) co_await work_out_list(line);
    const LineBook::Closing closing{.at = clock_.wall_now(),
                                    .entries = static_cast<std::int64_t>(line.entries.size()),
                                    .list_end = line.seen.sequence + 1,
                                    .root = line.entries_root};
    if (!leads()) co_return;
    const ports::Fence fence = *fence_;
    const auto closed = co_await book_.close_list(line.founding.sale, closing, line.seen.change, fence);
    if (!closed && closed.error() == LineBook::Error::fenced) fence_.reset();
    // Closed, or changed by another process since it was followed: either is seen now.
    const bool followed = co_await follow(line);
    if (!closed || !followed) co_await sleep_for(kRetryEvery);
}

/// The book says that the list is closed: everybody in it gets a place.
Task<void> StandInLine::end_list(LineOfSale& line, LineBook::Closing closing) {
    const bool known = line.entries_of_change == line.seen.change && line.entries_root == closing.root &&
                       std::cmp_equal(line.entries.size(), line.line.size());
    if (!known) co_await work_out_list(line);
    if (line.entries_root != closing.root || std::cmp_not_equal(line.entries.size(), closing.entries))
        log::error("line.list_differs", {{"sale", line.founding.sale.to_string()},
                                         {"listed", line.entries.size()},
                                         {"closed_with", closing.entries}});
    if (line.sale.line.draw) {
        const domain::Permutation draw{
            domain::draw_key(line.founding.draw_secret, closing.root, line.founding.public_value), line.entries.size()};
        line.line.close_list(&draw);
    } else {
        line.line.close_list(nullptr);
    }
    line.closing = closing;
    log::info("line.list.closed", {{"sale", line.founding.sale.to_string()}, {"entries", closing.entries}});
}

Task<void> StandInLine::call_next(LineOfSale& line) {
    const SaleId sale = line.founding.sale;
    const Instant now = clock_.now();
    line.rate.observe(pressure_of_all(line), now);
    if (!line.stock_known || line.line.waiting() == 0) co_return;
    if (!alone() && now - line.followed_at > kFollowedWithin) co_return;
    const auto room = std::min<std::int64_t>(line.units_left - line.line.outstanding(), line.line.waiting());
    if (room <= 0) co_return;
    const std::int64_t people = line.rate.take(room, now);
    if (people == 0) co_return;
    const auto turn_end = line.line.plan_call(people, now);
    if (!turn_end) co_return;

    LineBook::Call call{.turn_begin = line.line.called_turns(), .turn_end = *turn_end, .expires = {}};
    std::vector<std::int64_t> absent;
    for (const auto slot : line.line.passed_over_by_plan()) absent.push_back(line.line.ticket(slot).sequence);
    while (!stopping_ && leads()) {
        const WallTime wall_now = clock_.wall_now();
        const Instant called_at = clock_.now();
        call.expires = wall_now + line.sale.line.admission_valid;
        const ports::Fence fence = *fence_;
        const auto recorded = co_await book_.record_call(sale, call, absent, wall_now, fence);
        if (recorded) {
            line.line.confirm_call(*recorded, called_at);
            line.called_since += people;
            co_return;
        }
        if (recorded.error() == LineBook::Error::fenced) fence_.reset();
        co_await sleep_for(kRetryEvery);
    }
    // Another process leads. What was recorded, if it was, comes by following.
    line.line.cancel_call();
    line.follow_at = clock_.now();
}

}  // namespace marketday::usecases
