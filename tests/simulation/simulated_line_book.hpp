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
        ports::LineBook::Standing standing = ports::LineBook::Standing::live;
        std::int64_t changed = 0;
    };
    struct OneLine {
        ports::LineBook::Line stored;  // without its tickets
        std::int64_t next_sequence = 1;
        std::map<std::int64_t, Row> tickets;
        std::map<CustomerId, std::int64_t> live;  // the number of each customer's live ticket
        std::vector<ports::LineBook::News> news;
    };
    std::map<SaleId, OneLine> lines;
    struct Lease {
        std::string holder;
        std::int64_t token = 0;
        WallTime until{};
    };
    Lease lead;
    std::vector<std::string> complaints;
};

/// The lease of whoever leads the lines.
class SimulatedLeases final : public ports::Leases {
public:
    explicit SimulatedLeases(LineRows& rows) : rows_(rows) {}
    Answer<std::optional<ports::Fence>> acquire(std::string lease, std::string holder, WallTime now,
                                                milliseconds length) override {
        co_await sleep_for(milliseconds{1});
        auto& lead = rows_.lead;
        if (lead.holder != holder && lead.until > now) co_return std::optional<ports::Fence>{};
        lead = {.holder = holder, .token = lead.token + 1, .until = now + length};
        co_return ports::Fence{lease, lead.token};
    }
    Answer<bool> renew(ports::Fence fence, WallTime now, milliseconds length) override {
        co_await sleep_for(milliseconds{1});
        if (fence.token != rows_.lead.token) co_return false;
        rows_.lead.until = now + length;
        co_return true;
    }
    Answer<std::monostate> release(ports::Fence fence) override {
        co_await sleep_for(milliseconds{1});
        if (fence.token == rows_.lead.token) rows_.lead.until = {};
        co_return std::monostate{};
    }

private:
    LineRows& rows_;
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
        bool numbers_are_forgotten = false;  // the next number never reaches the rows, and tickets overwrite each other
        bool calls_are_forgotten = false;    // calls never reach the rows
        bool fences_are_ignored = false;     // whoever thinks to lead may call
    };
    SimulatedLineBook(LineRows& rows, Random& random, Faults faults) : rows_(rows), random_(random), faults_(faults) {}

    Answer<Founding> found(Founding founding) override {
        auto change = [this, founding] {
            auto [at, isnew] = rows_.lines.try_emplace(founding.sale);
            if (isnew) at->second.stored.founding = founding, at->second.stored.change = 1;
            return at->second.stored.founding;
        };
        return write<Founding>(std::move(change));
    }
    Answer<std::optional<Line>> follow(SaleId sale, Seen seen) override {
        auto look = [this, sale, seen]() -> std::optional<Line> {
            const auto at = rows_.lines.find(sale);
            if (at == rows_.lines.end()) return std::nullopt;
            Line line = at->second.stored;
            line.news = static_cast<std::int64_t>(at->second.news.size());
            if (line.change == seen.change) line.calls.clear();
            for (const auto& [sequence, row] : at->second.tickets) {
                const bool gone = row.standing != Standing::live && row.changed > seen.change;
                if (line.change != seen.change && (sequence > seen.sequence || gone))
                    line.tickets.push_back({sequence, row.customer, row.standing});
            }
            return line;
        };
        return read<std::optional<Line>>(std::move(look));
    }
    Answer<std::monostate> join(SaleId sale, std::vector<Join> joins) override {
        auto change = [this, sale, joins = std::move(joins)] {
            auto& line = rows_.lines.at(sale);
            std::int64_t next = faults_.numbers_are_forgotten ? number_without_memory(line) : line.next_sequence;
            ++line.stored.change;
            for (const Join& join : joins) {
                const auto live = line.live.find(join.customer);
                if (live != line.live.end() && live->second != join.instead_of) continue;
                if (live != line.live.end()) give_up(line, live->second);
                line.tickets[next] = {join.customer, Standing::live, line.stored.change};
                line.live[join.customer] = next++;
            }
            line.next_sequence = std::max(line.next_sequence, next);
            return std::monostate{};
        };
        return write<std::monostate>(std::move(change));
    }
    Answer<std::monostate> leave(SaleId sale, std::int64_t sequence) override {
        auto change = [this, sale, sequence] {
            auto& line = rows_.lines.at(sale);
            ++line.stored.change;
            give_up(line, sequence);
            return std::monostate{};
        };
        return write<std::monostate>(std::move(change));
    }
    Answer<bool> close_list(SaleId sale, Closing closing, std::int64_t at_change, ports::Fence fence) override {
        auto change = [this, sale, closing, at_change, fence]() -> Result<bool, Error> {
            if (fenced(fence)) return fail(Error::fenced);
            auto& line = rows_.lines.at(sale);
            if (line.stored.closing || line.stored.change != at_change) return false;
            std::int64_t listed = 0;
            for (const auto& [sequence, row] : line.tickets)
                listed += sequence < closing.list_end && row.standing == Standing::live ? 1 : 0;
            if (listed != closing.entries) rows_.complaints.push_back("a list was closed that is not the stored one");
            if (line.next_sequence > closing.list_end)
                rows_.complaints.push_back("a list was closed without its last tickets");
            line.stored.closing = closing;
            ++line.stored.change;
            return true;
        };
        return write_fenced<bool>(std::move(change));
    }
    Answer<WallTime> record_call(SaleId sale, Call call, std::vector<std::int64_t> passed_over, WallTime now,
                                 ports::Fence fence) override {
        auto change = [this, sale, call, passed_over = std::move(passed_over), now,
                       fence]() -> Result<WallTime, Error> {
            if (fenced(fence)) return fail(Error::fenced);
            auto& line = rows_.lines.at(sale);
            auto& stored = line.stored;
            if (faults_.calls_are_forgotten) return call.expires;
            for (const Call& known : stored.calls)
                if (known.turn_end == call.turn_end) return known.expires;
            if (stored.called_turns != call.turn_begin)
                rows_.complaints.push_back("a call does not begin where the last one ended");
            if (!stored.closing) rows_.complaints.push_back("a call before the list was closed");
            ++stored.change;
            stored.called_turns = std::max(stored.called_turns, call.turn_end);
            std::erase_if(stored.calls, [&](const Call& old) { return old.expires < now; });
            stored.calls.push_back(call);
            for (const std::int64_t sequence : passed_over) {
                Row& row = line.tickets.at(sequence);
                if (row.standing != Standing::live) continue;
                row = {row.customer, Standing::passed_over, stored.change};
                line.live.erase(row.customer);
            }
            return call.expires;
        };
        return write_fenced<WallTime>(std::move(change));
    }
    Answer<std::monostate> tell(SaleId sale, News news) override {
        auto change = [this, sale, news = std::move(news)] {
            rows_.lines.at(sale).news.push_back(news);
            return std::monostate{};
        };
        return write<std::monostate>(std::move(change));
    }
    Answer<NewsAfter> news_after(SaleId sale, std::int64_t number, std::size_t news_max) override {
        auto look = [this, sale, number, news_max] {
            const auto& all = rows_.lines.at(sale).news;
            const std::int64_t forgotten = std::max<std::int64_t>(0, static_cast<std::int64_t>(all.size()) - kNewsKept);
            NewsAfter after{.number = std::max(number, forgotten), .complete = number >= forgotten, .news = {}};
            for (; std::cmp_less(after.number, all.size()) && after.news.size() < news_max; ++after.number)
                after.news.push_back(all[static_cast<std::size_t>(after.number)]);
            return after;
        };
        return read<NewsAfter>(std::move(look));
    }

private:
    using Row = LineRows::Row;
    bool fenced(const ports::Fence& fence) const {
        return !faults_.fences_are_ignored && fence.token != rows_.lead.token;
    }
    /// What a process would give that knows only the live tickets.
    static std::int64_t number_without_memory(const LineRows::OneLine& line) {
        std::int64_t last = 0;
        for (const auto& [customer, sequence] : line.live) last = std::max(last, sequence);
        return last + 1;
    }
    static void give_up(LineRows::OneLine& line, std::int64_t sequence) {
        const auto at = line.tickets.find(sequence);
        if (at == line.tickets.end() || at->second.standing != Standing::live) return;
        const auto live = line.live.find(at->second.customer);
        if (live != line.live.end() && live->second == sequence) line.live.erase(live);
        at->second.standing = line.stored.closing ? Standing::given_up : Standing::unlisted;
        at->second.changed = line.stored.change;
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
    /// Of a change that may find itself fenced.
    template <class T>
    Answer<T> write_fenced(std::move_only_function<Result<T, Error>()> change) {
        auto written = co_await write<Result<T, Error>>(std::move(change));
        if (!written) co_return fail(written.error());
        co_return std::move(*written);
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
