#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/async/wait.hpp"
#include "base/random.hpp"
#include "ports/line_book.hpp"

namespace marketday::simulation {

/// What survives a crash: the rows that a LineBook keeps. `complaints` says what a correct caller would never do.
struct LineRows {
    struct Row {
        CustomerId customer;
        bool live = true;
    };
    struct OneLine {
        ports::LineBook::StoredLine stored;
        std::map<std::int64_t, Row> tickets;
        std::map<CustomerId, std::int64_t> live;  // the number of each customer's live ticket
    };
    std::map<SaleId, OneLine> lines;
    std::vector<std::string> complaints;
};

/// An in-memory LineBook with delays, refusals and unknown outcomes drawn from a seed. The rows belong to the test, so
/// a crash (dropping the book and its callers' tasks at any step) leaves exactly what was durable.
class SimulatedLineBook final : public ports::LineBook {
public:
    struct Faults {
        unsigned unavailable_percent = 0;
        unsigned unknown_percent = 0;
        milliseconds delay_max{5};
        unsigned slow_percent = 0;  // a delay of up to a second
        // Planted faults, which the checker must find.
        bool marks_are_forgotten = false;  // the sequence mark never reaches the rows, and numbers overwrite each other
        bool calls_are_forgotten = false;  // calls never reach the rows
    };
    SimulatedLineBook(LineRows& rows, Random& random, Faults faults) : rows_(rows), random_(random), faults_(faults) {}

    Answer<StoredLine> found(Founding founding) override {
        auto change = [this, founding] {
            auto [at, isnew] = rows_.lines.try_emplace(founding.sale);
            if (isnew) at->second.stored.founding = founding;
            return at->second.stored;
        };
        return write<StoredLine>(std::move(change));
    }
    Answer<std::optional<StoredLine>> find(SaleId sale) override {
        auto look = [this, sale] {
            const auto at = rows_.lines.find(sale);
            return at == rows_.lines.end() ? std::nullopt : std::optional{at->second.stored};
        };
        return read<std::optional<StoredLine>>(std::move(look));
    }
    Answer<std::int64_t> raise_sequence_mark(SaleId sale, std::int64_t mark) override {
        auto change = [this, sale, mark] {
            auto& stored = rows_.lines.at(sale).stored;
            if (faults_.marks_are_forgotten) return mark;
            stored.sequence_mark = std::max(stored.sequence_mark, mark);
            return stored.sequence_mark;
        };
        return write<std::int64_t>(std::move(change));
    }
    Answer<std::vector<Added>> add(SaleId sale, std::vector<NewTicket> tickets) override {
        auto change = [this, sale, tickets = std::move(tickets)] {
            std::vector<Added> added;
            for (const NewTicket& ticket : tickets) added.push_back(add_one(rows_.lines.at(sale), ticket));
            return added;
        };
        return write<std::vector<Added>>(std::move(change));
    }
    Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) override {
        auto change = [this, sale, sequence] {
            give_up(rows_.lines.at(sale), sequence);
            return std::monostate{};
        };
        return write<std::monostate>(std::move(change));
    }
    Answer<std::vector<StoredTicket>> tickets_after(SaleId sale, std::int64_t sequence,
                                                    std::size_t tickets_max) override {
        auto look = [this, sale, sequence, tickets_max] {
            std::vector<StoredTicket> tickets;
            const auto& rows = rows_.lines.at(sale).tickets;
            for (auto at = rows.upper_bound(sequence); at != rows.end() && tickets.size() < tickets_max; ++at)
                tickets.push_back({at->first, at->second.customer, at->second.live});
            return tickets;
        };
        return read<std::vector<StoredTicket>>(std::move(look));
    }
    Answer<Closing> close_list(SaleId sale, Closing closing) override {
        auto change = [this, sale, closing] {
            auto& line = rows_.lines.at(sale);
            if (line.stored.closing) return *line.stored.closing;
            std::int64_t listed = 0;
            for (const auto& [sequence, row] : line.tickets) listed += sequence < closing.list_end ? 1 : 0;
            if (listed != closing.entries) rows_.complaints.push_back("a list was closed that is not the stored one");
            line.stored.closing = closing;
            return closing;
        };
        return write<Closing>(std::move(change));
    }
    Answer<std::monostate> record_call(SaleId sale, Call call, WallTime now) override {
        auto change = [this, sale, call, now] {
            auto& stored = rows_.lines.at(sale).stored;
            if (faults_.calls_are_forgotten) return std::monostate{};
            const bool repeated = stored.called_turns == call.turn_end;
            if (!repeated && stored.called_turns != call.turn_begin)
                rows_.complaints.push_back("a call does not begin where the last one ended");
            if (!stored.closing) rows_.complaints.push_back("a call before the list was closed");
            stored.called_turns = call.turn_end;
            std::erase_if(stored.calls,
                          [&](const Call& old) { return old.turn_end == call.turn_end || old.expires < now; });
            stored.calls.push_back(call);
            return std::monostate{};
        };
        return write<std::monostate>(std::move(change));
    }

private:
    Added add_one(LineRows::OneLine& line, const NewTicket& ticket) {
        const auto taken = line.tickets.find(ticket.sequence);
        if (taken != line.tickets.end() && !faults_.marks_are_forgotten)
            return taken->second.customer == ticket.customer ? Added::added : Added::number_taken;
        if (!faults_.marks_are_forgotten && ticket.sequence >= line.stored.sequence_mark)
            rows_.complaints.push_back("a number was used before the mark allowed it");
        const auto older = line.live.find(ticket.customer);
        if (older != line.live.end()) give_up(line, older->second);
        line.tickets[ticket.sequence] = {ticket.customer, true};
        line.live[ticket.customer] = ticket.sequence;
        return Added::added;
    }
    static void give_up(LineRows::OneLine& line, std::int64_t sequence) {
        const auto at = line.tickets.find(sequence);
        if (at == line.tickets.end()) return;
        const auto live = line.live.find(at->second.customer);
        if (live != line.live.end() && live->second == sequence) line.live.erase(live);
        if (line.stored.closing)
            at->second.live = false;
        else
            line.tickets.erase(at);
    }

    bool happens(unsigned percent) { return random_.below(100) < percent; }
    milliseconds delay() {
        if (happens(faults_.slow_percent)) return milliseconds{static_cast<std::int64_t>(random_.below(1000))};
        return milliseconds{
            static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(faults_.delay_max.count()) + 1))};
    }

    template <class T>
    Answer<T> write(std::move_only_function<T()> change) {
        const auto before = delay();
        const auto after = delay();
        const bool refused = happens(faults_.unavailable_percent);
        const bool unknown = happens(faults_.unknown_percent);
        const bool applied = !unknown || happens(50);
        co_await sleep_for(before);
        if (refused) co_return fail(Error::unavailable);
        std::optional<T> result;
        if (applied) result.emplace(change());
        co_await sleep_for(after);
        if (unknown) co_return fail(Error::outcome_unknown);
        co_return std::move(*result);
    }
    template <class T>
    Answer<T> read(std::move_only_function<T()> look) {
        const auto before = delay();
        const bool refused = happens(faults_.unavailable_percent);
        co_await sleep_for(before);
        if (refused) co_return fail(Error::unavailable);
        co_return look();
    }

    LineRows& rows_;
    Random& random_;
    Faults faults_;
};

}  // namespace marketday::simulation
