#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "domain/draw.hpp"
#include "domain/ticket.hpp"
#include "usecases/stand_in_line.hpp"

namespace marketday::simulation {

/// Watches a line from outside, as its shoppers see it, and says which promise was broken: numbers are given once,
/// places never change, nobody passes anybody, and no more may order than units are left.
class LineChecker {
public:
    using Standing = usecases::StandInLine::Standing;
    using State = usecases::StandInLine::State;

    struct Pass {
        WallTime expires;
        bool spent = false;
    };

    void saw(const CustomerId& customer, const Standing& standing, const Hash256& ticket_key, WallTime now,
             std::int64_t available) {
        if (standing.ticket.empty()) return;
        const auto ticket = domain::verify_ticket(standing.ticket, ticket_key);
        if (!ticket || ticket->customer != customer) return complain("a ticket is not its holder's");
        const auto [number, is_new] = numbers_.try_emplace(ticket->sequence, customer);
        if (!is_new && number->second != customer) complain("a number was given to two customers");
        if (standing.place) {
            drawn_.try_emplace(standing.ticket, now);
            saw_place(standing, *standing.place);
        }
        const auto drawn = drawn_.find(standing.ticket);
        if (standing.state == State::before_opening && drawn != drawn_.end() && drawn->second + lag_ <= now)
            complain("a drawn place was taken back");
        const bool still_waits = standing.state == State::waiting || standing.state == State::all_held;
        if (still_waits && standing.place && *standing.place < highest_admitted(now)) complain("somebody was passed");
        if (standing.state == State::admitted) saw_admission(customer, standing, now, available);
    }

    /// Whoever is told that he waits may be told so from what was known so long ago. For lines that several serve.
    void allow_lag(milliseconds lag) { lag_ = lag; }

    void spent(const CustomerId& customer) { passes_[customer].spent = true; }

    /// The published draw agrees with what each holder was told.
    void saw_draw(domain::PublishedDraw draw, const std::set<std::string>& listed_tickets) {
        const auto checked = domain::check_draw(std::move(draw));
        if (!checked) return complain("the draw does not hold: " + std::string{domain::to_string(checked.error())});
        for (const auto& [ticket, place] : places_) {
            const auto drawn = checked->place_of(domain::draw_entry(ticket));
            const bool in_list = std::cmp_less_equal(place, checked->size());
            if (in_list && (!drawn || std::cmp_not_equal(*drawn, place))) complain("a place is not the one drawn");
            if (!in_list && drawn) complain("a drawn ticket was given a later place");
        }
        for (const std::string& ticket : listed_tickets)
            if (!checked->place_of(domain::draw_entry(ticket))) complain("an acknowledged ticket is not in the list");
    }

    void complain(std::string what) {
        if (complaints_.size() < 5) complaints_.push_back(std::move(what));
    }
    const std::vector<std::string>& complaints() const { return complaints_; }

private:
    void saw_place(const Standing& standing, std::int64_t place) {
        const auto [known, is_new] = places_.try_emplace(standing.ticket, place);
        if (!is_new && known->second != place) complain("a place has changed");
        const auto [holder, is_first] = holders_.try_emplace(place, standing.ticket);
        if (!is_first && holder->second != standing.ticket) complain("two tickets have one place");
    }

    /// The highest place that had been admitted, as everybody must know by `now`.
    std::int64_t highest_admitted(WallTime now) const {
        auto after = admitted_.upper_bound(now - lag_);
        return after == admitted_.begin() ? 0 : std::prev(after)->second;
    }

    void saw_admission(const CustomerId& customer, const Standing& standing, WallTime now, std::int64_t available) {
        if (standing.place && (admitted_.empty() || *standing.place > admitted_.rbegin()->second))
            admitted_[now] = *standing.place;
        const auto known = passes_.find(customer);
        if (known != passes_.end() && known->second.expires == *standing.admission_expires) return;
        passes_[customer] = {*standing.admission_expires, false};
        std::int64_t running = 0;
        for (const auto& [who, pass] : passes_) running += !pass.spent && pass.expires > now ? 1 : 0;
        if (running > available) complain("more were admitted than units were left");
    }

    std::map<std::int64_t, CustomerId> numbers_;
    std::map<std::string, std::int64_t> places_;
    std::map<std::int64_t, std::string> holders_;
    std::map<CustomerId, Pass> passes_;
    std::map<std::string, WallTime> drawn_;      // when a ticket's place was first told
    std::map<WallTime, std::int64_t> admitted_;  // when a place higher than all before was
    milliseconds lag_{0};
    std::vector<std::string> complaints_;
};

}  // namespace marketday::simulation
