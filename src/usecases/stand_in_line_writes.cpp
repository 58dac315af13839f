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

using Ask = LineOfSale::Ask;
using ports::LineBook;

void end(Ask& ask, std::optional<StandInLine::Error> failure) {
    ask.failure = failure;
    ask.done.set();
}

}  // namespace

Task<void> StandInLine::run_line(LineOfSale& line) {
    while (!stopping_ && !line.retired) {
        line.line.expire(clock_.now(), clock_.wall_now());
        const bool sells = selling(line);
        if (sells && !line.line.list_closed()) co_await close_list(line);
        // From the opening to the list's end nobody joins: a ticket is either in the list or after it.
        const bool may_write = line.line.list_closed() || !sells;
        if (may_write && !line.asks.empty()) co_await write_asks(line);
        if (line.line.list_closed() && sells) co_await call_next(line);

        if (stopping_ || (may_write && !line.asks.empty())) continue;
        line.wake.reset();
        const bool busy = sells || line.line.outstanding() > 0;
        auto wait = busy ? options_.tick : milliseconds{500};
        if (!sells && line.sale.state == domain::SaleState::scheduled)
            wait = std::clamp(line.sale.opens_at - clock_.wall_now(), milliseconds{1}, wait);
        const Instant until = clock_.now() + wait;
        co_await line.wake.wait(until);
    }
    for (const auto& ask : line.asks) end(*ask, Error::unavailable);
    line.asks.clear();
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
    const auto slot = line.line.find(ask->customer);
    const bool live = slot && line.line.ticket(*slot).sequence == *ask->leaving &&
                      line.line.ticket(*slot).state != domain::TicketState::given_up &&
                      line.line.ticket(*slot).state != domain::TicketState::departed;
    if (!live) co_return end(*ask, std::nullopt);
    auto left = co_await book_.leave(line.founding.sale, *ask->leaving);
    if (!left && left.error() == LineBook::Error::outcome_unknown) {
        // Perhaps it is gone: nothing else may be written until it surely is.
        while (!left && !stopping_) {
            co_await sleep_for(kRetryEvery);
            left = co_await book_.leave(line.founding.sale, *ask->leaving);
        }
    }
    if (!left) co_return end(*ask, Error::unavailable);
    line.line.leave(*slot);
    end(*ask, std::nullopt);
}

/// Makes sure that numbers below `needed` may be used.
Task<bool> StandInLine::raise_mark(LineOfSale& line, std::int64_t needed) {
    if (needed <= line.sequence_mark) co_return true;
    const auto raised = co_await book_.raise_sequence_mark(line.founding.sale, needed + options_.sequence_block);
    if (!raised) co_return false;  // Perhaps it was raised all the same; then some numbers are skipped after a restart.
    line.sequence_mark = *raised;
    co_return true;
}

Task<void> StandInLine::write_joins(LineOfSale& line) {
    std::vector<std::shared_ptr<Ask>> asks;
    std::vector<LineBook::NewTicket> tickets;
    std::unordered_set<CustomerId> wanted;
    std::int64_t sequence = line.next_sequence;
    while (!line.asks.empty() && !line.asks.front()->leaving && tickets.size() < LineBook::kBatchTicketsMax) {
        asks.push_back(line.asks.front());
        line.asks.pop_front();
        const CustomerId customer = asks.back()->customer;
        const auto slot = line.line.find(customer);
        const bool new_ticket = !slot || line.line.may_join_again(*slot);
        // Two windows of one account get one ticket.
        if (new_ticket && wanted.insert(customer).second) tickets.push_back({sequence++, customer});
    }
    std::optional<Error> failure;
    if (!tickets.empty()) {
        const bool raised = co_await raise_mark(line, sequence);
        if (!raised) {
            for (const auto& ask : asks) end(*ask, Error::unavailable);
            co_await sleep_for(kRetryEvery);
            co_return;
        }
        // From here on the numbers are used up, whatever becomes of the write.
        line.next_sequence = sequence;
        auto added = co_await book_.add(line.founding.sale, tickets);
        if (!added && added.error() == LineBook::Error::outcome_unknown) {
            // Adding the same tickets again completes what may have happened; until then nothing else may be written.
            while (!added && !stopping_) {
                co_await sleep_for(kRetryEvery);
                added = co_await book_.add(line.founding.sale, tickets);
            }
        }
        if (!added) failure = Error::unavailable;
        const Instant now = clock_.now();
        for (std::size_t i = 0; added && i < tickets.size(); ++i) {
            if ((*added)[i] == LineBook::Added::added)
                line.line.add(tickets[i].sequence, tickets[i].customer, now);
            else
                log::error("line.number_taken",
                           {{"sale", line.founding.sale.to_string()}, {"sequence", tickets[i].sequence}});
        }
    }
    for (const auto& ask : asks) end(*ask, failure);
}

Task<void> StandInLine::close_list(LineOfSale& line) {
    line.line.drop_left();
    const SaleId sale = line.founding.sale;
    const auto listed = static_cast<domain::Line::Slot>(line.line.size());
    line.entries.clear();
    line.entries.reserve(listed);
    Hash256 root = domain::draw_list_genesis(sale);
    for (domain::Line::Slot slot = 0; slot < listed; ++slot) {
        const auto& ticket = line.line.ticket(slot);
        const auto text = domain::sign_ticket({sale, ticket.customer, ticket.sequence}, line.founding.ticket_key);
        line.entries.push_back(domain::draw_entry(text));
        root = domain::draw_list_extend(root, line.entries.back());
        if (slot % kHashedWithoutPause == kHashedWithoutPause - 1) co_await sleep_for(milliseconds{0});
    }
    const LineBook::Closing closing{
        .at = clock_.wall_now(), .entries = listed, .list_end = line.next_sequence, .root = root};
    auto stored = co_await book_.close_list(sale, closing);
    while (!stored && !stopping_) {
        co_await sleep_for(kRetryEvery);
        stored = co_await book_.close_list(sale, closing);
    }
    if (!stored) co_return;
    if (stored->root != root) {
        log::error("line.list_differs", {{"sale", sale.to_string()}, {"listed", std::int64_t{listed}}});
        co_await sleep_for(seconds{1});
        co_return;
    }
    line.closing = *stored;
    if (line.sale.line.draw) {
        const domain::Permutation draw{domain::draw_key(line.founding.draw_secret, root, line.founding.public_value),
                                       listed};
        line.line.close_list(&draw);
    } else {
        line.line.close_list(nullptr);
    }
    log::info("line.list.closed", {{"sale", sale.to_string()}, {"entries", std::int64_t{listed}}});
}

Task<void> StandInLine::call_next(LineOfSale& line) {
    const SaleId sale = line.founding.sale;
    const Instant now = clock_.now();
    line.rate.observe(pressure_.pressure(sale), now);
    if (now - line.measured_at >= seconds{1}) {
        const double elapsed_s = std::chrono::duration<double>(now - line.measured_at).count();
        const double recent = static_cast<double>(line.called_since) / elapsed_s;
        line.called_per_s = line.measured_at == Instant{} ? line.rate.per_s() : (line.called_per_s + recent) / 2;
        line.called_since = 0;
        line.measured_at = now;
    }
    if (!line.stock_known || line.line.waiting() == 0) co_return;
    const auto room = std::min<std::int64_t>(line.units_left - line.line.outstanding(), line.line.waiting());
    if (room <= 0) co_return;
    const std::int64_t people = line.rate.take(room, now);
    if (people == 0) co_return;
    const auto turn_end = line.line.plan_call(people, now);
    if (!turn_end) co_return;

    LineBook::Call call{.turn_begin = line.line.called_turns(), .turn_end = *turn_end, .expires = {}};
    while (!stopping_) {
        const WallTime wall_now = clock_.wall_now();
        call.expires = wall_now + line.sale.line.admission_valid;
        const auto recorded = co_await book_.record_call(sale, call, wall_now);
        if (recorded) {
            line.line.confirm_call(call.expires, clock_.now());
            line.called_since += people;
            co_return;
        }
        co_await sleep_for(kRetryEvery);
    }
}

}  // namespace marketday::usecases
