#include "usecases/stand_in_line.hpp"

#include <algorithm>
#include <cmath>

#include "base/log.hpp"
#include "domain/admission.hpp"
#include "domain/ticket.hpp"
#include "usecases/stand_in_line_sale.hpp"

namespace marketday::usecases {
namespace {

/// What was followed longer ago is looked at again before anybody is told, as long as the book answers.
constexpr seconds kKnownFor{1};
/// Less than what others wait before they take this process for dead (stand_in_line_others.cpp).
constexpr seconds kToldWithin{5};
constexpr std::size_t kHeardMax = 1'000'000;
constexpr milliseconds kPollNear{400};
constexpr milliseconds kPollFar{20'000};
constexpr milliseconds kPollHeld{4'000};
// Polls a second that all waiting shoppers of a line together may come to at its head.
constexpr std::int64_t kTurnsPerPollMs = 10;

}  // namespace

std::string_view to_string(StandInLine::State state) {
    switch (state) {
        case StandInLine::State::before_opening: return "before_opening";
        case StandInLine::State::waiting: return "waiting";
        case StandInLine::State::admitted: return "admitted";
        case StandInLine::State::all_held: return "all_held";
        case StandInLine::State::sold_out: return "sold_out";
        case StandInLine::State::closed: return "closed";
        case StandInLine::State::expired: return "expired";
    }
    MD_ASSERT(false);
}

StandInLine::StandInLine(ports::LineBook& book, ports::OrderBook& orders, ports::Leases& leases,
                         const CheckoutPressure& pressure, const Clock& clock, Random& random, Options options)
    : book_(book),
      orders_(orders),
      leases_(leases),
      pressure_(pressure),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      address_limit_(options_.address_limits, random.u64()) {}

StandInLine::~StandInLine() = default;

LineOfSale* StandInLine::in_memory(const SaleId& sale) const {
    const auto found = lines_.find(sale);
    return found == lines_.end() ? nullptr : found->second.get();
}

bool StandInLine::selling(const LineOfSale& line) const { return line.sale.sells_at(clock_.wall_now()); }

bool StandInLine::over(const LineOfSale& line) const {
    return line.sale.state == domain::SaleState::closed ||
           (line.sale.closes_at && *line.sale.closes_at <= clock_.wall_now());
}

std::optional<Result<StandInLine::Standing, StandInLine::Error>> StandInLine::join_now(const SaleId& sale,
                                                                                       const CustomerId& customer) {
    LineOfSale* line = in_memory(sale);
    if (line == nullptr) return std::nullopt;
    return settled_join(*line, customer);
}

/// The answer to a join that changes nothing; nothing when a new ticket is due.
std::optional<Result<StandInLine::Standing, StandInLine::Error>> StandInLine::settled_join(LineOfSale& line,
                                                                                           const CustomerId& customer) {
    const auto slot = line.line.find(customer);
    if (slot && !line.line.may_join_again(*slot)) {
        touch(line, *slot);
        const domain::Ticket ticket{line.founding.sale, customer, line.line.ticket(*slot).sequence};
        return standing(line, *slot, domain::sign_ticket(ticket, line.founding.ticket_key));
    }
    if (over(line) || line.sold_out) {
        // A ticket would only cost its holder time.
        return Standing{.ticket = {},
                        .state = over(line) ? State::closed : State::sold_out,
                        .place = {},
                        .ahead = {},
                        .wait_s = {},
                        .poll_after = kPollFar,
                        .admission = {},
                        .admission_expires = {}};
    }
    if (slot && line.line.ticket(*slot).joins >= options_.joins_per_account_max) return fail(Error::too_many_joins);
    if (line.line.size() >= options_.tickets_max) return fail(Error::line_full);
    return std::nullopt;
}

Task<Result<StandInLine::Standing, StandInLine::Error>> StandInLine::join(SaleId sale, CustomerId customer,
                                                                          ClientBytes client, Instant deadline) {
    const auto found = co_await line_of(sale, deadline);
    if (!found) co_return fail(found.error());
    LineOfSale& line = **found;
    if (auto settled = settled_join(line, customer)) co_return std::move(*settled);
    if (!address_limit_.allow(client, clock_.now())) co_return fail(Error::too_many_joins);
    if (line.asks.size() >= options_.joins_waiting_max || stopping_) co_return fail(Error::unavailable);

    auto ask = std::make_shared<LineOfSale::Ask>();
    ask->customer = customer;
    line.asks.push_back(ask);
    line.wake.set();
    const bool in_time = co_await ask->done.wait(deadline);
    if (!in_time) co_return fail(Error::unavailable);
    if (ask->failure) co_return fail(*ask->failure);
    // The line may have been forgotten meanwhile; then the customer asks again.
    LineOfSale* still = in_memory(sale);
    if (still == nullptr) co_return fail(Error::unavailable);
    if (auto settled = settled_join(*still, customer)) co_return std::move(*settled);
    co_return fail(Error::unavailable);
}

std::optional<Result<StandInLine::Standing, StandInLine::Error>> StandInLine::poll_now(const SaleId& sale,
                                                                                       std::string_view text) {
    LineOfSale* line = in_memory(sale);
    if (line == nullptr) return std::nullopt;
    const auto ticket = domain::verify_ticket(text, line->founding.ticket_key);
    if (!ticket || ticket->sale != sale) return fail(Error::bad_ticket);
    const auto slot = line->line.find(ticket->customer);
    // Given by another process a moment ago.
    if (ticket->sequence > line->seen.sequence) return std::nullopt;
    if (!alone() && selling(*line) && clock_.now() - line->followed_at > kKnownFor && !line->unreachable)
        return std::nullopt;
    if (!slot || line->line.ticket(*slot).sequence != ticket->sequence) {
        // It was ours, and has been given up or replaced.
        return Standing{.ticket = std::string{text},
                        .state = over(*line) ? State::closed : State::expired,
                        .place = {},
                        .ahead = {},
                        .wait_s = {},
                        .poll_after = kPollFar,
                        .admission = {},
                        .admission_expires = {}};
    }
    touch(*line, *slot);
    return standing(*line, *slot, std::string{text});
}

Task<Result<StandInLine::Standing, StandInLine::Error>> StandInLine::poll(SaleId sale, std::string ticket,
                                                                          Instant deadline) {
    const auto found = co_await line_of(sale, deadline);
    if (!found) co_return fail(found.error());
    auto answer = poll_now(sale, ticket);
    if (answer) co_return std::move(*answer);
    const bool looked = co_await look(**found, deadline);
    static_cast<void>(looked);
    answer = poll_now(sale, ticket);
    if (!answer) co_return fail(Error::unavailable);
    co_return std::move(*answer);
}

/// Follows the book now.
Task<bool> StandInLine::look(LineOfSale& line, Instant deadline) {
    if (line.looks.size() >= options_.joins_waiting_max || stopping_) co_return false;
    auto ask = std::make_shared<LineOfSale::Ask>();
    line.looks.push_back(ask);
    line.wake.set();
    const bool in_time = co_await ask->done.wait(deadline);
    co_return in_time && !ask->failure;
}

/// Whether a call may be told to its holder: only while all others will hear of it before they take it for not taken
/// up.
bool StandInLine::may_admit(const LineOfSale& line) const {
    return alone() || (line.told_at != Instant::min() && clock_.now() - line.told_at < kToldWithin);
}

void StandInLine::touch(LineOfSale& line, domain::Line::Slot slot) {
    const bool told = may_admit(line);
    line.line.touch(slot, clock_.now(), told);
    // While nothing can be told nobody is admitted either, and what is heard need not be kept without end.
    if (!alone() && (told || line.heard.size() < kHeardMax)) line.heard.push_back(line.line.ticket(slot).sequence);
}

Task<Result<std::monostate, StandInLine::Error>> StandInLine::leave(SaleId sale, CustomerId customer, std::string text,
                                                                    Instant deadline) {
    const auto found = co_await line_of(sale, deadline);
    if (!found) co_return fail(found.error());
    LineOfSale& line = **found;
    const auto ticket = domain::verify_ticket(text, line.founding.ticket_key);
    if (!ticket || ticket->sale != sale || ticket->customer != customer) co_return fail(Error::bad_ticket);
    if (over(line)) co_return std::monostate{};
    if (line.asks.size() >= options_.joins_waiting_max || stopping_) co_return fail(Error::unavailable);

    auto ask = std::make_shared<LineOfSale::Ask>();
    ask->customer = ticket->customer;
    ask->leaving = ticket->sequence;
    line.asks.push_back(ask);
    line.wake.set();
    const bool in_time = co_await ask->done.wait(deadline);
    if (!in_time) co_return fail(Error::unavailable);
    if (ask->failure) co_return fail(*ask->failure);
    co_return std::monostate{};
}

Task<Result<StandInLine::DrawPage, StandInLine::Error>> StandInLine::draw(SaleId sale, std::size_t first_entry,
                                                                          std::size_t entries_max, Instant deadline) {
    const auto found = co_await line_of(sale, deadline);
    if (!found) co_return fail(found.error());
    const LineOfSale& line = **found;
    DrawPage page;
    page.drawn = line.sale.line.draw;
    page.published.sale = sale;
    page.published.commitment = domain::draw_commitment(sale, line.founding.public_value, line.founding.draw_secret);
    page.published.public_value = line.founding.public_value;
    if (over(line)) page.published.secret = line.founding.draw_secret;
    if (line.closing) {
        page.published.root = line.closing->root;
        page.entries_total = line.entries.size();
        const std::size_t first = std::min(first_entry, line.entries.size());
        const std::size_t count = std::min(entries_max, line.entries.size() - first);
        const auto begin = line.entries.begin() + static_cast<std::ptrdiff_t>(first);
        page.published.entries.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
        if (first + count < line.entries.size()) page.next_entry = first + count;
    }
    co_return page;
}

void StandInLine::used(SaleId sale, CustomerId customer, std::int64_t units) {
    LineOfSale* line = in_memory(sale);
    if (line == nullptr) return;
    line->units_left = std::max<std::int64_t>(0, line->units_left - units);
    // The read under way may have begun before this order: count its units twice rather than not at all.
    if (line->reading_stock) line->used_while_reading += units;
    spent(*line, customer);
}

void StandInLine::refused(SaleId sale, CustomerId customer) {
    if (LineOfSale* line = in_memory(sale)) spent(*line, customer);
}

void StandInLine::spent(LineOfSale& line, const CustomerId& customer) {
    const auto slot = line.line.find(customer);
    if (!slot) return;
    line.line.spend(*slot);
    if (!alone()) line.spent.push_back(line.line.ticket(*slot).sequence);
}

StandInLine::State StandInLine::state_of(const LineOfSale& line, domain::Line::Slot slot) const {
    using domain::TicketState;
    if (over(line)) return State::closed;
    const auto& ticket = line.line.ticket(slot);
    switch (ticket.state) {
        case TicketState::given_up:
        case TicketState::departed:
        case TicketState::passed_over:
        case TicketState::lapsed: return State::expired;
        case TicketState::called:
            // Too late here; whether it was taken up elsewhere is not known yet.
            if (line.line.expires(slot) <= clock_.wall_now()) return State::expired;
            return line.sold_out ? State::sold_out : State::waiting;
        case TicketState::spent:
        case TicketState::admitted:
            if (line.line.expires(slot) <= clock_.wall_now()) return State::expired;
            if (line.sold_out && ticket.state != TicketState::spent) return State::sold_out;
            return State::admitted;
        case TicketState::waiting:
        case TicketState::calling: break;
    }
    if (!line.line.list_closed()) return State::before_opening;
    if (line.sold_out) return State::sold_out;
    return line.stock_known && line.units_left == 0 ? State::all_held : State::waiting;
}

StandInLine::Standing StandInLine::standing(LineOfSale& line, domain::Line::Slot slot, std::string ticket) {
    Standing now;
    now.ticket = std::move(ticket);
    now.state = state_of(line, slot);
    if (line.line.list_closed()) now.place = std::int64_t{line.line.turn(slot)} + 1;
    switch (now.state) {
        case State::admitted: {
            const WallTime expires = line.line.expires(slot);
            now.admission_expires = expires;
            now.admission = domain::sign_admission({line.line.ticket(slot).customer, line.founding.sale, expires},
                                                   options_.admission_key);
            break;
        }
        case State::waiting:
        case State::all_held:
            now.ahead = line.line.ahead(slot);
            if (now.state == State::waiting && line.called_per_s > 0.2)
                now.wait_s = static_cast<std::int64_t>(std::ceil(static_cast<double>(*now.ahead) / line.called_per_s));
            break;
        case State::before_opening:
        case State::sold_out:
        case State::closed:
        case State::expired: break;
    }
    now.poll_after = poll_after(line, now, line.line.ticket(slot).sequence);
    return now;
}

/// Near the head often, far away seldom, and never all at once: each ticket has a delay of its own.
milliseconds StandInLine::poll_after(const LineOfSale& line, const Standing& standing, std::int64_t sequence) const {
    const auto share = static_cast<std::int64_t>((static_cast<std::uint64_t>(sequence) * 2'654'435'761U >> 8) % 1024);
    const auto spread = [share](std::int64_t range_ms) { return milliseconds{range_ms * share / 1024}; };
    switch (standing.state) {
        case State::before_opening: {
            const auto until = std::max(milliseconds{0}, line.sale.opens_at - clock_.wall_now());
            if (until > kPollFar) return kPollFar - milliseconds{2'000} + spread(2'000);
            // All come back after the opening, as spread out as their number asks for.
            const auto people = static_cast<std::int64_t>(line.line.size());
            return until + milliseconds{150} + spread(std::clamp<std::int64_t>(people / 12, 250, 15'000));
        }
        case State::waiting: {
            const double per_s = std::max(line.called_per_s, 20.0);
            const auto eta_ms = static_cast<std::int64_t>(static_cast<double>(*standing.ahead) * 1000.0 / per_s);
            const auto wait_ms = std::clamp<std::int64_t>(std::max(eta_ms / 2, *standing.ahead / kTurnsPerPollMs),
                                                          kPollNear.count(), kPollFar.count());
            return milliseconds{wait_ms * 3 / 4} + spread(wait_ms / 2);
        }
        case State::all_held: return kPollHeld + spread(kPollHeld.count());
        case State::admitted: return milliseconds{5'000};
        case State::sold_out:
        case State::closed:
        case State::expired: return kPollFar;
    }
    MD_ASSERT(false);
}

std::vector<std::pair<SaleId, StandInLine::Figures>> StandInLine::figures() const {
    std::vector<std::pair<SaleId, Figures>> all;
    all.reserve(lines_.size());
    for (const auto& [sale, line] : lines_) {
        const auto behind =
            alone() ? milliseconds{0} : std::chrono::duration_cast<milliseconds>(clock_.now() - line->followed_at);
        all.emplace_back(sale, Figures{.tickets = static_cast<std::int64_t>(line->line.size()),
                                       // Whoever was told that all is sold waits for nothing.
                                       .waiting = line->sold_out ? 0 : line->line.waiting(),
                                       .outstanding = line->line.outstanding(),
                                       .units_left = line->units_left,
                                       .admissions_per_s_allowed = line->rate.per_s(),
                                       .called = line->line.called_turns(),
                                       .memory_bytes = line->line.memory_bytes() +
                                                       line->entries.capacity() * sizeof(domain::DrawEntry),
                                       .behind = behind,
                                       .leads = leads(),
                                       .others = line->others.size()});
    }
    return all;
}

}  // namespace marketday::usecases
