#include "domain/line.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace marketday::domain {
namespace {

constexpr milliseconds kDecisecond{100};
constexpr seconds kStoodStill{3};
/// By how much the clocks of two processes may differ, and news be late, before a call is taken for not taken up.
constexpr seconds kSurelyHeard{2};

bool holds_slot(TicketState state) {
    return state == TicketState::calling || state == TicketState::called || state == TicketState::admitted ||
           state == TicketState::departed;
}

}  // namespace

std::uint32_t Line::deciseconds(Instant now) const {
    return static_cast<std::uint32_t>((std::max(now, origin_) - origin_) / kDecisecond);
}

void Line::free_slot(LineTicket& ticket, TicketState next) {
    if (holds_slot(ticket.state)) --outstanding_;
    ticket.state = next;
}

void Line::give_up(LineTicket& ticket) {
    // Another process may have told a called one.
    const bool may_be_told = served_ == Served::together && ticket.state == TicketState::called;
    if (may_be_told || ticket.state == TicketState::admitted || ticket.state == TicketState::departed)
        ticket.state = TicketState::departed;
    else
        free_slot(ticket, TicketState::given_up);
}

Line::Slot Line::add(std::int64_t sequence, const CustomerId& customer, Instant now) {
    MD_ASSERT(tickets_.size() == 0 || tickets_[static_cast<Slot>(tickets_.size() - 1)].sequence < sequence);
    LineTicket ticket{.customer = customer, .sequence = sequence, .seen_ds = deciseconds(now)};
    if (const auto older = tickets_.find(customer)) {
        LineTicket& given_up = tickets_[*older];
        give_up(given_up);
        ticket.joins = static_cast<std::uint16_t>(std::min(given_up.joins + 1, 0xffff));
    }
    return tickets_.push(ticket);
}

void Line::leave(Slot slot) { give_up(tickets_[slot]); }

void Line::pass_over(Slot slot) {
    if (tickets_[slot].state == TicketState::waiting) tickets_[slot].state = TicketState::passed_over;
}

bool Line::may_join_again(Slot slot) const {
    switch (tickets_[slot].state) {
        case TicketState::passed_over:
        case TicketState::lapsed:
        case TicketState::given_up:
        case TicketState::departed: return true;
        case TicketState::waiting:
        case TicketState::calling:
        case TicketState::called:
        case TicketState::admitted:
        case TicketState::spent: return false;
    }
    MD_ASSERT(false);
}

void Line::drop_left() {
    MD_ASSERT(!list_closed_);
    tickets_.compact();
}

void Line::close_list(const Permutation* draw) {
    MD_ASSERT(!list_closed_);
    list_closed_ = true;
    listed_ = tickets_.size();
    if (draw == nullptr) return;
    MD_ASSERT(draw->size() == listed_);
    turns_.resize(listed_);
    order_.resize(listed_);
    for (Slot slot = 0; slot < listed_; ++slot) {
        turns_[slot] = draw->place_of(slot);
        order_[turns_[slot]] = slot;
    }
}

std::optional<std::uint32_t> Line::plan_call(std::int64_t people, Instant now) {
    MD_ASSERT(list_closed_ && planned_end_ == next_turn_);
    const std::uint32_t now_ds = deciseconds(now);
    const auto absent_ds = static_cast<std::uint32_t>(patience_.absent_after / kDecisecond);
    auto turn = next_turn_;
    while (turn < tickets_.size() && static_cast<std::int64_t>(planned_.size()) < people) {
        const Slot slot = slot_at(turn++);
        LineTicket& ticket = tickets_[slot];
        if (ticket.state != TicketState::waiting) continue;
        if (now_ds - std::min(now_ds, ticket.seen_ds) > absent_ds) {
            ticket.state = TicketState::passed_over;
            passed_over_.push_back(slot);
            continue;
        }
        ticket.state = TicketState::calling;
        ++outstanding_;
        planned_.push_back(slot);
    }
    planned_end_ = turn;
    if (turn == next_turn_) return std::nullopt;
    return turn;
}

void Line::confirm_call(WallTime expires, Instant now) {
    MD_ASSERT(planned_end_ > next_turn_);
    const auto call = static_cast<std::uint32_t>(calls_.size());
    calls_.push_back({planned_end_, expires, deciseconds(now)});
    for (const Slot slot : planned_) {
        LineTicket& ticket = tickets_[slot];
        if (ticket.state != TicketState::calling) continue;  // Left meanwhile.
        ticket.state = TicketState::called;
        ticket.call = call;
        to_pick_up_.push_back({slot, deciseconds(now)});
        to_expire_.push_back(slot);
    }
    planned_.clear();
    passed_over_.clear();
    next_turn_ = planned_end_;
}

void Line::cancel_call() {
    for (const Slot slot : planned_)
        if (tickets_[slot].state == TicketState::calling) free_slot(tickets_[slot], TicketState::waiting);
    for (const Slot slot : passed_over_)
        if (tickets_[slot].state == TicketState::passed_over) tickets_[slot].state = TicketState::waiting;
    planned_.clear();
    passed_over_.clear();
    planned_end_ = next_turn_;
}

void Line::apply_call(std::uint32_t turn_end, WallTime expires, Instant called_at) {
    MD_ASSERT(list_closed_ && turn_end <= tickets_.size() && planned_end_ == next_turn_);
    const auto call = static_cast<std::uint32_t>(calls_.size());
    const std::uint32_t at_ds = deciseconds(called_at);
    calls_.push_back({turn_end, expires, at_ds});
    for (; next_turn_ < turn_end; ++next_turn_) {
        const Slot slot = slot_at(next_turn_);
        LineTicket& ticket = tickets_[slot];
        // Whoever has left since may have had leave to order by then.
        const bool left = ticket.state == TicketState::given_up;
        if (ticket.state != TicketState::waiting && !left) continue;
        ticket.state = left ? TicketState::departed : TicketState::called;
        ticket.call = call;
        ++outstanding_;
        to_pick_up_.push_back({slot, at_ds});
        to_expire_.push_back(slot);
    }
    planned_end_ = next_turn_;
}

void Line::restore_lapsed(std::uint32_t turn_end) {
    MD_ASSERT(list_closed_ && turn_end <= tickets_.size());
    for (; next_turn_ < turn_end; ++next_turn_) {
        LineTicket& ticket = tickets_[slot_at(next_turn_)];
        if (ticket.state == TicketState::waiting) ticket.state = TicketState::lapsed;
    }
    planned_end_ = next_turn_;
}

void Line::restore_call(std::uint32_t turn_end, WallTime expires) {
    MD_ASSERT(list_closed_ && turn_end <= tickets_.size());
    const auto call = static_cast<std::uint32_t>(calls_.size());
    calls_.push_back({turn_end, expires, 0});
    for (; next_turn_ < turn_end; ++next_turn_) {
        const Slot slot = slot_at(next_turn_);
        LineTicket& ticket = tickets_[slot];
        // Whoever has left since may have had leave to order by then.
        const bool left = ticket.state == TicketState::given_up;
        if (ticket.state != TicketState::waiting && !left) continue;
        ticket.state = left ? TicketState::departed : TicketState::admitted;
        ticket.call = call;
        ++outstanding_;
        to_expire_.push_back(slot);
    }
    planned_end_ = next_turn_;
}

void Line::touch(Slot slot, Instant now, bool may_admit) {
    LineTicket& ticket = tickets_[slot];
    ticket.seen_ds = deciseconds(now);
    if (ticket.state != TicketState::called) return;
    const auto pick_up_ds = static_cast<std::uint32_t>(patience_.pick_up_within / kDecisecond);
    if (served_ == Served::together && (!may_admit || deciseconds(now) > calls_[ticket.call].at_ds + pick_up_ds))
        return;
    ticket.state = TicketState::admitted;
}

void Line::heard_elsewhere(Slot slot, Instant now) {
    LineTicket& ticket = tickets_[slot];
    ticket.seen_ds = std::max(ticket.seen_ds, deciseconds(now));
    if (ticket.state == TicketState::called) ticket.state = TicketState::admitted;
}

void Line::take_all_for_present(Instant now) {
    for (Slot slot = 0; slot < tickets_.size(); ++slot) tickets_[slot].seen_ds = deciseconds(now);
}

void Line::assume_calls_taken_up() {
    for (const Called& called : to_pick_up_)
        if (tickets_[called.slot].state == TicketState::called) tickets_[called.slot].state = TicketState::admitted;
}

void Line::spend(Slot slot) {
    LineTicket& ticket = tickets_[slot];
    if (ticket.state == TicketState::called || ticket.state == TicketState::admitted ||
        ticket.state == TicketState::departed)
        free_slot(ticket, TicketState::spent);
}

void Line::expire(Instant now, WallTime wall_now, Instant heard_until) {
    // Together with others time is theirs too: it does not stand still because this process did.
    if (served_ == Served::alone && awake_at_ && now - *awake_at_ > kStoodStill) origin_ += now - *awake_at_;
    awake_at_ = now;
    if (served_ == Served::together) now = std::min(now, heard_until) - kSurelyHeard;
    const std::uint32_t now_ds = deciseconds(now);
    const auto pick_up_ds = static_cast<std::uint32_t>(patience_.pick_up_within / kDecisecond);
    while (!to_pick_up_.empty() && now_ds > to_pick_up_.front().at_ds + pick_up_ds) {
        LineTicket& ticket = tickets_[to_pick_up_.front().slot];
        if (ticket.state == TicketState::called) free_slot(ticket, TicketState::passed_over);
        to_pick_up_.pop_front();
    }
    while (!to_expire_.empty() && calls_[tickets_[to_expire_.front()].call].expires < wall_now) {
        LineTicket& ticket = tickets_[to_expire_.front()];
        if (ticket.state == TicketState::departed)
            free_slot(ticket, TicketState::given_up);
        else if (ticket.state != TicketState::given_up && ticket.state != TicketState::passed_over)
            free_slot(ticket, TicketState::lapsed);
        to_expire_.pop_front();
    }
}

std::uint32_t Line::turn(Slot slot) const { return slot < turns_.size() ? turns_[slot] : slot; }

std::int64_t Line::ahead(Slot slot) const {
    return std::max<std::int64_t>(0, static_cast<std::int64_t>(turn(slot)) - next_turn_);
}

WallTime Line::expires(Slot slot) const {
    MD_ASSERT(tickets_[slot].call < calls_.size());
    return calls_[tickets_[slot].call].expires;
}

std::size_t Line::memory_bytes() const {
    return tickets_.memory_bytes() + order_.capacity() * sizeof(Slot) + turns_.capacity() * sizeof(std::uint32_t) +
           calls_.capacity() * sizeof(Call) + to_pick_up_.size() * sizeof(Called) + to_expire_.size() * sizeof(Slot);
}

}  // namespace marketday::domain
