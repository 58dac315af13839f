#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "base/hash.hpp"
#include "base/ids.hpp"
#include "base/time.hpp"
#include "domain/draw.hpp"
#include "domain/line_tickets.hpp"

namespace marketday::domain {

/// The line of one sale in memory: who stands where, who has been called, who may order. Pure and single-threaded; the
/// use case makes each change durable before it tells anybody.
///
/// A *turn* is a place in the order of calling, from 0 without gaps. Before the opening tickets form a list and have no
/// turn. `close_list` gives them the turns 0..n-1, drawn or in their order; whoever joins later takes the next turn. A
/// turn never changes afterwards, so nobody passes anybody.
class Line {
public:
    struct Patience {
        /// A called shopper who does not ask within this time loses the turn to the next.
        milliseconds pick_up_within{30'000};
        /// A shopper who has not asked for this long is taken for gone when the turn comes.
        milliseconds absent_after{75'000};
    };
    /// Who serves the line's shoppers. When several processes do, each hears of what the others have heard only later,
    /// and is careful: no call counts as not taken up before all have told, and nobody who may have leave to order
    /// makes room by leaving.
    enum class Served : std::uint8_t { alone, together };
    Line(Patience patience, Instant origin, Served served = Served::alone)
        : patience_(patience), origin_(origin), served_(served) {}

    using Slot = LineTickets::Slot;

    /// The slot of a customer's newest ticket.
    std::optional<Slot> find(const CustomerId& customer) const { return tickets_.find(customer); }
    std::optional<Slot> find(std::int64_t sequence) const { return tickets_.find(sequence); }
    const LineTicket& ticket(Slot slot) const { return tickets_[slot]; }
    std::size_t size() const { return tickets_.size(); }

    /// Adds a durable ticket with a number above all before. A customer's older ticket is given up.
    Slot add(std::int64_t sequence, const CustomerId& customer, Instant now);
    /// The holder gives the place up. An admitted one's slot goes to nobody before the admission has run out, since
    /// what was signed can still be used.
    void leave(Slot slot);
    /// Another process called later ones and did not find this one's holder there.
    void pass_over(Slot slot);
    /// Whether this ticket's holder may have a new one, at the end of the line.
    bool may_join_again(Slot slot) const;

    bool list_closed() const { return list_closed_; }
    /// Drops those who left, so that the list holds only the tickets to draw. Before `close_list`.
    void drop_left();
    /// Ends the list: its tickets get the turns 0..n-1, by `draw` if there is one. Later tickets follow.
    void close_list(const Permutation* draw);
    std::size_t listed() const { return listed_; }

    /// Chooses the next present holders, at most `people`, passes over the absent ones before and among them, and
    /// counts them as outstanding. Nothing is visible before `confirm_call`; one call at a time. Returns the turn after
    /// the last one taken; nothing if nobody is there to call.
    std::optional<std::uint32_t> plan_call(std::int64_t people, Instant now);
    /// The absent ones of the planned call.
    const std::vector<Slot>& passed_over_by_plan() const { return passed_over_; }
    /// The planned call is durable: its holders are admitted until `expires`.
    void confirm_call(WallTime expires, Instant now);
    /// Somebody else leads now: nobody was called.
    void cancel_call();
    /// A call of another process, made at `called_at`: turns below `turn_end`, from where the last call ended.
    void apply_call(std::uint32_t turn_end, WallTime expires, Instant called_at);
    /// After a restart: turns below `turn_end`, from where the last restored call ended, were called and expire then.
    /// Whether they took it up is not known, so each counts as outstanding. Oldest call first.
    void restore_call(std::uint32_t turn_end, WallTime expires);
    /// After a restart: turns below `turn_end` that belong to no call still running have had their chance.
    void restore_lapsed(std::uint32_t turn_end);

    /// The holder asks. A called one becomes admitted; together with others only while it is surely in time, and
    /// `may_admit`. The place's time of absence starts anew.
    void touch(Slot slot, Instant now, bool may_admit = true);
    /// Another process was asked by the holder, and has told it what it then knew.
    void heard_elsewhere(Slot slot, Instant now);
    /// What was heard of them is not known: nobody counts as absent before asking again is due.
    void take_all_for_present(Instant now);
    /// Whoever was called may have been told so by a process that is silent since.
    void assume_calls_taken_up();
    /// An order of this holder was granted, or refused for good: the admission takes up no slot any more.
    void spend(Slot slot);
    /// Ends calls nobody took up, and admissions past their time. To be called at least once a second: a longer time
    /// between two calls is one in which the line stood still and heard nobody, and counts against no shopper.
    /// `heard_until`: everything that was asked anywhere up to then is known here.
    void expire(Instant now, WallTime wall_now, Instant heard_until = Instant::max());

    /// Leave to order that has been given and neither used nor ended.
    std::int64_t outstanding() const { return outstanding_; }
    /// Turns before the next to be called.
    std::uint32_t called_turns() const { return next_turn_; }
    std::int64_t waiting() const { return static_cast<std::int64_t>(tickets_.size()) - next_turn_; }
    /// Turns that are called before this one, 0 for the next.
    std::int64_t ahead(Slot slot) const;
    std::uint32_t turn(Slot slot) const;
    WallTime expires(Slot slot) const;
    std::size_t memory_bytes() const;

private:
    struct Call {
        std::uint32_t turn_end = 0;
        WallTime expires{};
        std::uint32_t at_ds = 0;
    };
    struct Called {
        Slot slot;
        std::uint32_t at_ds;
    };

    Slot slot_at(std::uint32_t turn) const { return turn < order_.size() ? order_[turn] : turn; }
    std::uint32_t deciseconds(Instant now) const;
    void free_slot(LineTicket& ticket, TicketState next);
    void give_up(LineTicket& ticket);

    Patience patience_;
    Instant origin_;  // moves by the time in which the line stood still
    Served served_;
    std::optional<Instant> awake_at_;
    LineTickets tickets_;
    bool list_closed_ = false;
    std::size_t listed_ = 0;
    std::vector<Slot> order_;           // turn -> slot of drawn tickets; empty when turn == slot
    std::vector<std::uint32_t> turns_;  // slot -> turn of drawn tickets
    std::uint32_t next_turn_ = 0;
    std::uint32_t planned_end_ = 0;
    std::vector<Slot> planned_;
    std::vector<Slot> passed_over_;
    std::int64_t outstanding_ = 0;
    std::vector<Call> calls_;
    std::deque<Called> to_pick_up_;
    std::deque<Slot> to_expire_;
};

}  // namespace marketday::domain
